package io.dstm.management.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv6Address;
import java.util.Locale;

/**
 * The client that somebody looks for: part of its identity or of its tunnel source.
 *
 * @param wanted the part in lower case, an IPv6 address in its canonical form; empty for anybody
 */
record ClientFilter(String wanted) {

    /** The filter of a query. */
    static ClientFilter of(Query query) {
        String client = query.client();
        if (client == null) {
            return new ClientFilter("");
        }
        return new ClientFilter(
                Ipv6Address.tryParse(client).map(Ipv6Address::toString).orElse(client.toLowerCase(Locale.ROOT)));
    }

    boolean matchesAnybody() {
        return wanted.isEmpty();
    }

    boolean matches(Lease lease) {
        return lease.client().toString().toLowerCase(Locale.ROOT).contains(wanted) || matches(lease.tunnelSource());
    }

    boolean matches(Ipv6Address tunnelSource) {
        return wanted.isEmpty() || tunnelSource.toString().contains(wanted);
    }
}
