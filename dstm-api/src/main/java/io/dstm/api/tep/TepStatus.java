package io.dstm.api.tep;

/**
 * How a TEP is.
 *
 * @param state where it is in its life
 * @param detail one sentence: what it waits for or what is wrong; empty when all is well
 * @param device the IPv4 device, such as {@code dstm-tep}; empty while there is none
 * @param datapath how packets are moved and why so, such as {@code tun}
 * @param tunnelMtu largest IPv6 packet it sends, in bytes
 * @param bindings size of the table
 */
public record TepStatus(State state, String detail, String device, String datapath, int tunnelMtu, int bindings) {

    /** The life of a TEP. */
    public enum State {
        /** Waits for the first resync; judges no packet. */
        WAITING,
        /** Forwards. */
        FORWARDING,
        /** Cannot forward; {@code detail} says why. */
        FAILED,
        /** Stopped. */
        STOPPED
    }
}
