package io.dstm.dhcpv6.internal.server;

import io.dstm.api.config.ConfigReader;

/**
 * The part of the configuration {@code io.dstm.dhcpv6.server} that is about operation, whatever is lent.
 *
 * @param reconfigure whether clients that agree are given a key and can be called
 * @param clientRate messages a second that one client may send in the long run; 0 for any number
 * @param linkRate messages a second that the clients of one link, or of one interface of a relay, may send together; 0 for any
 */
public record OperationSettings(boolean reconfigure, int clientRate, int linkRate) {

    /**
     * What holds where nothing is configured. An honest client sends two messages a second at most; what a link honestly needs, its
     * operator knows alone.
     */
    public static final OperationSettings DEFAULT = new OperationSettings(true, 20, 0);

    private static final int MOST = 1_000_000;

    static OperationSettings read(ConfigReader reader) {
        return new OperationSettings(
                reader.flag("reconfigure", DEFAULT.reconfigure()),
                reader.number("rate.client", DEFAULT.clientRate(), 0, MOST),
                reader.number("rate.link", DEFAULT.linkRate(), 0, MOST));
    }
}
