package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6PoolStatus;
import io.dstm.api.net.Ipv6Address;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Shows a service to operators. */
public final class Ipv6View implements Ipv6LeasesMXBean {

    private final Ipv6LeaseService service;

    /** Shows {@code service}. */
    public Ipv6View(Ipv6LeaseService service) {
        this.service = service;
    }

    @Override
    public Map<String, String> getPools() {
        return byName(Ipv6PoolStatus::detail);
    }

    @Override
    public Map<String, Long> getAddresses() {
        return byName(Ipv6PoolStatus::addresses);
    }

    @Override
    public Map<String, Long> getPrefixes() {
        return byName(Ipv6PoolStatus::prefixes);
    }

    private <T> Map<String, T> byName(Function<Ipv6PoolStatus, T> part) {
        Map<String, T> named = new TreeMap<>();
        service.pools().forEach(pool -> named.put(pool.name(), part.apply(pool)));
        return named;
    }

    @Override
    public String holderOf(String address) {
        return service.leaseOver(Ipv6Address.parse(address.trim()))
                .map(lease -> lease.prefix() + " " + lease.client() + " of " + lease.pool() + " since " + lease.since()
                        + " until " + lease.until())
                .orElse("");
    }
}
