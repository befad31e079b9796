package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigReader;
import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may use a pool. A client must satisfy every list that is not empty, and satisfies a list by one member of it. What relays
 * assert may come from any of the relays that are believed.
 *
 * @param clients where the client's tunnel address must lie, or else its link
 * @param links where a link-address of a relay must lie, or the address of the interface it was heard on if it asked directly
 * @param interfaceIds Interface-Ids of relays
 * @param remoteIds Remote-IDs of relays
 * @param subscriberIds Subscriber-IDs of relays
 */
public record Admission(
        List<Ipv6Prefix> clients,
        List<Ipv6Prefix> links,
        List<IdPattern> interfaceIds,
        List<RemoteIdPattern> remoteIds,
        List<IdPattern> subscriberIds) {

    /** Keeps the lists unchangeable. */
    public Admission {
        clients = List.copyOf(clients);
        links = List.copyOf(links);
        interfaceIds = List.copyOf(interfaceIds);
        remoteIds = List.copyOf(remoteIds);
        subscriberIds = List.copyOf(subscriberIds);
    }

    static Admission read(ConfigReader reader) {
        return new Admission(
                reader.list("clients", Ipv6Prefix::parse),
                reader.list("links", Ipv6Prefix::parse),
                reader.list("interface.ids", IdPattern::parse),
                reader.list("remote.ids", RemoteIdPattern::parse),
                reader.list("subscriber.ids", IdPattern::parse));
    }

    /**
     * Whether a client may use the pool.
     *
     * @param where its tunnel address, or if it named none an address of its link; if known
     * @param link an address of the interface it was heard on; {@code null} if it asked through a relay
     * @param relays what the relays that are believed say
     */
    public boolean admits(@Nullable Ipv6Address where, @Nullable Ipv6Address link, List<RelayInfo> relays) {
        return (clients.isEmpty() || within(where, clients))
                && (links.isEmpty()
                        || within(link, links)
                        || relays.stream().anyMatch(relay -> within(relay.link(), links)))
                && (interfaceIds.isEmpty()
                        || relays.stream()
                                .anyMatch(relay -> interfaceIds.stream().anyMatch(id -> id.means(relay.interfaceId()))))
                && (remoteIds.isEmpty()
                        || relays.stream()
                                .anyMatch(relay -> remoteIds.stream().anyMatch(id -> id.means(relay.remoteId()))))
                && (subscriberIds.isEmpty()
                        || relays.stream().anyMatch(relay -> subscriberIds.stream()
                                .anyMatch(id -> id.means(relay.subscriberId()))));
    }

    private static boolean within(@Nullable Ipv6Address address, List<Ipv6Prefix> prefixes) {
        return address != null && prefixes.stream().anyMatch(prefix -> prefix.contains(address));
    }
}
