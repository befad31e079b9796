package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Every lease, by what it is of, by who has it and by when it ends. For one thread at a time. */
final class Ipv6Book {

    private final NavigableMap<Ipv6Address, Ipv6Lease> byAddress = new TreeMap<>();
    private final Map<Ipv6LeaseKind, Map<ClientId, Ipv6Lease>> byClient = new EnumMap<>(Ipv6LeaseKind.class);

    /** How many leases each client has, by identity. */
    private final Map<String, Integer> counts = new HashMap<>();

    /** Soonest end first; prolonging moves a lease, so clients that prolong all the time fill no memory. */
    private final NavigableSet<Ipv6Lease> byEnd = new TreeSet<>(Ipv6Book::sooner);

    Ipv6Book() {
        for (Ipv6LeaseKind kind : Ipv6LeaseKind.values()) {
            byClient.put(kind, new HashMap<>());
        }
    }

    private static int sooner(Ipv6Lease a, Ipv6Lease b) {
        int byEnd = a.until().compareTo(b.until());
        return byEnd != 0 ? byEnd : a.address().compareTo(b.address());
    }

    private Map<ClientId, Ipv6Lease> holders(Ipv6LeaseKind kind) {
        return byClient.getOrDefault(kind, Map.of());
    }

    /** What an IA holds; {@code null} if nothing. */
    @Nullable
    Ipv6Lease of(ClientId client, Ipv6LeaseKind kind) {
        return holders(kind).get(client);
    }

    /** The lease of exactly this prefix; {@code null} if there is none. */
    @Nullable
    Ipv6Lease at(Ipv6Prefix prefix) {
        Ipv6Lease lease = byAddress.get(prefix.address());
        return lease != null && lease.prefix().equals(prefix) ? lease : null;
    }

    /** The leases that have an address of {@code prefix}. */
    List<Ipv6Lease> overlapping(Ipv6Prefix prefix) {
        List<Ipv6Lease> found = new ArrayList<>();
        Map.@Nullable Entry<Ipv6Address, Ipv6Lease> below = byAddress.lowerEntry(prefix.address());
        if (below != null && below.getValue().prefix().contains(prefix)) {
            found.add(below.getValue());
        }
        found.addAll(
                byAddress.subMap(prefix.address(), true, prefix.last(), true).values());
        return found;
    }

    /** How many leases a client has, of all IAs, with those that it declined: who declines without end empties no pool. */
    int count(String identity) {
        return counts.getOrDefault(identity, 0);
    }

    /** Enters a lease; its addresses are nobody's and its client has nothing in this IA. */
    void put(Ipv6Lease lease) {
        byAddress.put(lease.address(), lease);
        if (!lease.declined()) {
            holders(lease.kind()).put(lease.client(), lease);
        }
        counts.merge(lease.client().identity(), 1, Integer::sum);
        byEnd.add(lease);
    }

    /** Strikes a lease out. */
    void remove(Ipv6Lease lease) {
        if (!byAddress.remove(lease.address(), lease)) {
            return;
        }
        byEnd.remove(lease);
        if (!lease.declined()) {
            holders(lease.kind()).remove(lease.client(), lease);
        }
        counts.computeIfPresent(lease.client().identity(), (identity, count) -> count == 1 ? null : count - 1);
    }

    /** The leases that have ended; they stay until they are removed. */
    List<Ipv6Lease> ended(Instant now) {
        List<Ipv6Lease> ended = new ArrayList<>();
        for (Ipv6Lease lease : byEnd) {
            if (lease.until().isAfter(now)) {
                break;
            }
            ended.add(lease);
        }
        return ended;
    }

    void forEach(Consumer<Ipv6Lease> visitor) {
        byAddress.values().forEach(visitor);
    }

    List<Ipv6Lease> all() {
        return List.copyOf(byAddress.values());
    }
}
