package io.dstm.api.ipv6;

import io.dstm.api.net.Ipv6Address;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What clients of a link are told besides their leases.
 *
 * @param dnsServers recursive resolvers, best first (RFC 3646 section 3)
 * @param searchDomains search list as text without a final dot (RFC 3646 section 4)
 * @param ntpServers addresses of time servers (RFC 5908 section 4.1)
 * @param ntpNames names of time servers (RFC 5908 section 4.3)
 * @param aftrName name of the tunnel end point of clients that find theirs by name (RFC 6334; RFC 7040 section 4), without a final
 *     dot; {@code null} to tell none
 * @param informationRefresh when a client without a lease asks again (RFC 8415 section 21.23); {@code null} to leave it to the
 *     client
 * @param solMaxRt longest time between Solicits (RFC 8415 section 21.24); {@code null} to leave it to the client
 * @param infMaxRt longest time between Information-requests (RFC 8415 section 21.25); {@code null} to leave it to the client
 */
public record Ipv6Options(
        List<Ipv6Address> dnsServers,
        List<String> searchDomains,
        List<Ipv6Address> ntpServers,
        List<String> ntpNames,
        @Nullable String aftrName,
        @Nullable Duration informationRefresh,
        @Nullable Duration solMaxRt,
        @Nullable Duration infMaxRt) {

    /** Nothing to tell. */
    public static final Ipv6Options NONE =
            new Ipv6Options(List.of(), List.of(), List.of(), List.of(), null, null, null, null);

    /** Keeps the lists unchangeable. */
    public Ipv6Options {
        dnsServers = List.copyOf(dnsServers);
        searchDomains = List.copyOf(searchDomains);
        ntpServers = List.copyOf(ntpServers);
        ntpNames = List.copyOf(ntpNames);
    }

    /** Those of both: first the own ones of a list, the own one where there can be one. */
    public Ipv6Options join(Ipv6Options more) {
        return new Ipv6Options(
                joined(dnsServers, more.dnsServers),
                joined(searchDomains, more.searchDomains),
                joined(ntpServers, more.ntpServers),
                joined(ntpNames, more.ntpNames),
                aftrName != null ? aftrName : more.aftrName,
                informationRefresh != null ? informationRefresh : more.informationRefresh,
                solMaxRt != null ? solMaxRt : more.solMaxRt,
                infMaxRt != null ? infMaxRt : more.infMaxRt);
    }

    private static <T> List<T> joined(List<T> first, List<T> more) {
        return Stream.concat(first.stream(), more.stream()).distinct().toList();
    }
}
