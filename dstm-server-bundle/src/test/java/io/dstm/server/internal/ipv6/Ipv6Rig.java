package io.dstm.server.internal.ipv6;

import io.dstm.api.config.ConfigException;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** An engine for IPv6 leases whose clock stands still, on eth1. */
public final class Ipv6Rig {

    public final Ipv6Engine engine =
            new Ipv6Engine(new MemoryIpv6Store(), () -> Instant.parse("2026-11-21T06:00:00Z"), new byte[16]);

    /** With one pool. */
    public Ipv6Rig(String addresses, int most) {
        engine.load();
        try {
            engine.setPools(List.of(Ipv6PoolConfig.read(
                    "lan",
                    Map.of("interfaces", "eth1", "addresses", addresses, "leases.max", Integer.toString(most)))));
        } catch (ConfigException wrong) {
            throw new AssertionError(wrong);
        }
    }
}
