package io.dstm.api.datapath;

/**
 * The rules that decide about packets, as whatever moves packets calls them. Called by one thread a direction, both at once; must
 * not block, must not throw, and should not allocate.
 */
public interface PacketProcessor {

    /**
     * Judges packets that came from the IPv6 side.
     *
     * @param in whole IPv6 packets, which may be changed in place
     * @param out takes what leaves, in the same memory
     * @param nanos the present moment, {@link System#nanoTime()}'s clock
     */
    void fromIpv6(PacketBatch in, PacketOutput out, long nanos);

    /** The same for packets that came from the IPv4 side. */
    void fromIpv4(PacketBatch in, PacketOutput out, long nanos);

    /**
     * The same rules for one of several pairs of threads, so that these need not take turns.
     *
     * @param number which pair, from 0
     * @return the same for the same number; it may be the same for several, whose threads take turns then
     */
    default PacketProcessor lane(int number) {
        return this;
    }
}
