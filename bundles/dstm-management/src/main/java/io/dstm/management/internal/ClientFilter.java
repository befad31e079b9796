package io.dstm.management.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv6Address;
import java.util.Locale;

/**
 * The client that somebody looks for: part of its identity or of its tunnel source. A million leases are compared in a fraction of a
 * second, so no text is made that cannot match.
 */
final class ClientFilter {

    /** The part in lower case, an IPv6 address in its canonical form; empty for anybody. */
    private final String wanted;

    private final AddressPart partOfAddress;

    /** Whether it can reach into the number behind an identity. */
    private final boolean partOfNumber;

    private ClientFilter(String wanted) {
        this.wanted = wanted;
        this.partOfAddress = new AddressPart(wanted);
        this.partOfNumber = wanted.indexOf('/') >= 0 || wanted.chars().allMatch(c -> c >= '0' && c <= '9');
    }

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
        String identity = lease.client().identity();
        return identity.contains(wanted)
                || matches(lease.tunnelSource())
                || partOfNumber && lease.client().toString().contains(wanted)
                || !isLower(identity)
                        && lease.client().toString().toLowerCase(Locale.ROOT).contains(wanted);
    }

    private static boolean isLower(String identity) {
        for (int i = 0; i < identity.length(); i++) {
            char c = identity.charAt(i);
            if (c >= 128 || c >= 'A' && c <= 'Z') {
                return false;
            }
        }
        return true;
    }

    boolean matches(Ipv6Address tunnelSource) {
        return partOfAddress.isIn(tunnelSource);
    }
}
