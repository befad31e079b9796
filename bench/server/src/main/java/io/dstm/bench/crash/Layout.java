package io.dstm.bench.crash;

import io.dstm.api.net.Ipv6Address;
import java.util.Map;

/** The server's configuration, and who its clients are: more of them than can have a lease at once, so that addresses change hands. */
final class Layout {

    static final int RANGES = 3;

    /** Clients of one pool. */
    static final int CLIENTS = 600;

    static final long QUARANTINE_SECONDS = 2;

    static final Map<String, Object> SERVER = Map.of(
            "lease.time", "1h", "quarantine.time", QUARANTINE_SECONDS + "s", "decline.time", "5s", "offer.time", "2s");

    /** Whole addresses, port sets, and leases that run out while the harness runs. */
    static final Map<String, Map<String, Object>> POOLS = Map.of(
            "whole", Map.of("ranges", "10.0.0.0/23", "clients", "2001:db8:1::/48"),
            "shared", Map.of("ranges", "10.1.0.0/29", "psid.length", "6", "clients", "2001:db8:2::/48"),
            "short", Map.of("ranges", "10.2.0.0/23", "lease.time", "10s", "clients", "2001:db8:3::/48"));

    private Layout() {}

    /** The client's end of its tunnel; a host moves between a few. */
    static Ipv6Address source(int client, int place) {
        return new Ipv6Address(0x20010DB800000000L | (long) (client % RANGES + 1) << 16 | place, client / RANGES + 1);
    }
}
