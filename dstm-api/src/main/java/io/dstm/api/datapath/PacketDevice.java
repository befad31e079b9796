package io.dstm.api.datapath;

/**
 * Takes whole IP packets from one side of a tunnel and puts them there, many at a time. A packet begins with its IP header, on
 * the IPv6 side with the outer one, whatever the kernel does underneath. One thread may receive while others send.
 */
public interface PacketDevice extends AutoCloseable {

    /**
     * Empties {@code into} and fills it with the packets that wait, at least one unless the time is up or the device was woken.
     *
     * @param into its memory receives the packets, from slot 0
     * @param timeoutMillis how long to wait for the first; 0 does not wait, -1 waits for ever
     * @return how many packets came
     * @throws DatapathException if the device can give no more packets
     */
    int receive(PacketBatch into, int timeoutMillis) throws DatapathException;

    /**
     * Sends. What the kernel does not take at once is dropped, as a full queue drops.
     *
     * @return how many packets were taken
     * @throws DatapathException if the device can take no more packets
     */
    int send(PacketBatch batch) throws DatapathException;

    /** Makes a waiting {@code receive} return 0, now or at its next call. */
    void wakeUp();

    /** Frees what the device holds. A waiting {@code receive} returns. */
    @Override
    void close();
}
