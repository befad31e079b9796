package io.dstm.client.internal.tunnel;

/** Hears what packets tell about the lease. Called by packet threads; must not block. */
public interface TunnelListener {

    /**
     * The first packet waits for a lease: told once, until the gate is set again.
     *
     * @param destination its IPv4 destination as a number
     * @param protocol its IPv4 protocol
     */
    void packetWaits(int destination, int protocol);

    /** The path to the TEP is narrower than was known. */
    void pathLearned();

    /** The TEP says of a packet of the lease that its source is not this node's (RFC 7596 section 5.1); told once a minute. */
    void sourceRefused();
}
