package io.dstm.client.internal.tunnel;

/** Hears that a packet waits for a lease: once, until the gate is set again. Called by a packet thread; must not block. */
@FunctionalInterface
public interface NeedListener {

    /**
     * The first packet waits.
     *
     * @param destination its IPv4 destination as a number
     * @param protocol its IPv4 protocol
     */
    void packetWaits(int destination, int protocol);
}
