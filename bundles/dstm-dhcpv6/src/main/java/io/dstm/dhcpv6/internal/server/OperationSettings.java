package io.dstm.dhcpv6.internal.server;

import io.dstm.api.config.ConfigReader;
import io.dstm.api.net.Ipv6Prefix;
import java.util.List;

/**
 * The part of the configuration {@code io.dstm.dhcpv6.server} that is about operation, whatever is lent.
 *
 * @param reconfigure whether clients that agree are given a key and can be called
 * @param clientRate messages a second that one client may send in the long run; 0 for any number
 * @param linkRate messages a second that the clients of one link, or of one interface of a relay, may send together; 0 for any
 * @param leasequeryClients who may ask which leases there are; nobody if empty
 * @param leasequeryConnections how many may ask over TCP at once
 */
public record OperationSettings(
        boolean reconfigure,
        int clientRate,
        int linkRate,
        List<Ipv6Prefix> leasequeryClients,
        int leasequeryConnections) {

    /** BULK_LQ_MAX_CONNS (RFC 5460 section 5.6). */
    private static final int CONNECTIONS = 10;

    /** Keeps the list unchangeable. */
    public OperationSettings {
        leasequeryClients = List.copyOf(leasequeryClients);
    }

    /** Of a server that nobody may ask for its leases. */
    public OperationSettings(boolean reconfigure, int clientRate, int linkRate) {
        this(reconfigure, clientRate, linkRate, List.of(), CONNECTIONS);
    }

    /**
     * What holds where nothing is configured. An honest client sends two messages a second at most; what a link honestly needs, its
     * operator knows alone.
     */
    public static final OperationSettings DEFAULT = new OperationSettings(true, 20, 0);

    private static final int MOST = 1_000_000;

    /** A thread each. */
    private static final int MOST_CONNECTIONS = 100;

    static OperationSettings read(ConfigReader reader) {
        return new OperationSettings(
                reader.flag("reconfigure", DEFAULT.reconfigure()),
                reader.number("rate.client", DEFAULT.clientRate(), 0, MOST),
                reader.number("rate.link", DEFAULT.linkRate(), 0, MOST),
                reader.list("leasequery.clients", Ipv6Prefix::parse),
                reader.number("leasequery.connections", DEFAULT.leasequeryConnections(), 1, MOST_CONNECTIONS));
    }
}
