package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Active leases by the client's end of their tunnel, eight bytes each as long as every client has an address of its own. Where
 * several leases share one, one of them stands in the table and the others beside it. Written by the engine's thread, read by
 * anyone.
 */
final class SourceIndex {

    private final HoldingTable.BySource first = new HoldingTable.BySource();
    /** The codes of all but the one in the table. */
    private final Map<Ipv6Address, Set<Long>> others = new ConcurrentHashMap<>();

    private final LongFunction<@Nullable Holding> byCode;

    /** An empty index of what {@code byCode} finds. */
    SourceIndex(LongFunction<@Nullable Holding> byCode) {
        this.byCode = byCode;
    }

    /** Notes that what stands under a code was {@code before} and is {@code after}; {@code null} is free. */
    void changed(@Nullable Holding before, @Nullable Holding after) {
        Holding was = active(before);
        Holding is = active(after);
        if (was != null && (is == null || !is.hasSource(was.source()))) {
            remove(was);
        }
        if (is != null) {
            add(is);
        }
    }

    private static @Nullable Holding active(@Nullable Holding holding) {
        return holding != null && holding.state == LeaseState.ACTIVE ? holding : null;
    }

    private void add(Holding holding) {
        Ipv6Address source = holding.source();
        Holding there = first.get(source);
        if (there == null || there.code == holding.code) {
            first.put(holding);
        } else {
            others.computeIfAbsent(source, none -> ConcurrentHashMap.newKeySet())
                    .add(holding.code);
        }
    }

    private void remove(Holding holding) {
        Ipv6Address source = holding.source();
        Set<Long> rest = others.get(source);
        Holding there = first.get(source);
        if (there == null || there.code != holding.code) {
            if (rest != null) {
                drop(source, rest, holding.code);
            }
            return;
        }
        Holding next = rest == null ? null : byCode.apply(rest.iterator().next());
        if (rest == null || next == null) {
            first.remove(there);
        } else {
            first.put(next);
            drop(source, rest, next.code);
        }
    }

    private void drop(Ipv6Address source, Set<Long> rest, long code) {
        rest.remove(code);
        if (rest.isEmpty()) {
            others.remove(source);
        }
    }

    /** Whether anybody but {@code client} has an active lease with this source; from any thread. */
    boolean isTaken(Ipv6Address source, ClientKey client) {
        Holding there = first.get(source);
        if (there == null) {
            return false;
        }
        if (!there.client.equals(client)) {
            return true;
        }
        // A client has one active lease, so whatever else has this source is another's: the first look decides.
        for (long code : others.getOrDefault(source, Set.of())) {
            Holding other = byCode.apply(code);
            if (other != null && !other.client.equals(client)) {
                return true;
            }
        }
        return false;
    }
}
