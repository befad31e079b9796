package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Every lease that is not free: by key, by client, by tunnel source, by deadline and by pool. Written by the engine's thread, read by anyone. */
final class LeaseBook {

    private final HoldingTable.ByCode byCode = new HoldingTable.ByCode();
    private final HoldingTable.ByClient byClient = new HoldingTable.ByClient();
    private final SourceIndex bySource = new SourceIndex(byCode::get);
    private final Timers timers = new Timers();
    private final Map<String, String> names = new HashMap<>();
    private final Map<Ipv6Address, Ipv6Address> addresses = new HashMap<>();
    private @Nullable Staging staging;
    private volatile PoolSet pools = new PoolSet(List.of());

    /** The one copy of a name or address that a million leases share. */
    String shared(String name) {
        return names.computeIfAbsent(name, same -> same);
    }

    /** As for names. */
    Ipv6Address shared(Ipv6Address address) {
        return addresses.computeIfAbsent(address, same -> same);
    }

    /** The present pools. */
    PoolSet pools() {
        return pools;
    }

    /**
     * Begins to take over new pools: finds out, a few leases at a time, what of them is taken. Until {@link #stage} has done that
     * the former pools count.
     */
    void beginPools(PoolSet next) {
        staging = new Staging(next, byCode.snapshot());
    }

    /**
     * Goes on with what {@link #beginPools} began.
     *
     * @return whether the new pools are in force
     */
    boolean stage(int leases) {
        Staging present = staging;
        if (present != null && present.advance(leases)) {
            pools = present.next;
            staging = null;
        }
        return staging == null;
    }

    /** The leases at one moment and every change since: together what is, at any speed of working through the former. */
    private static final class Staging {
        private final PoolSet next;
        private final @Nullable Holding[] snapshot;
        private final List<Change> changes = new ArrayList<>();
        private int position;

        private Staging(PoolSet next, @Nullable Holding[] snapshot) {
            this.next = next;
            this.snapshot = snapshot;
        }

        private boolean advance(int leases) {
            int end = (int) Math.min(snapshot.length, (long) position + leases);
            for (; position < end; position++) {
                Holding holding = snapshot[position];
                if (holding != null) {
                    next.changed(null, holding);
                }
            }
            if (position < snapshot.length) {
                return false;
            }
            changes.forEach(change -> next.changed(change.before, change.after));
            return true;
        }

        private record Change(
                @Nullable Holding before, @Nullable Holding after) {}
    }

    private void changed(@Nullable Holding before, @Nullable Holding after) {
        bySource.changed(before, after);
        pools.changed(before, after);
        if (staging != null) {
            staging.changes.add(new Staging.Change(before, after));
        }
    }

    /** What stands under a code; {@code null} is free. */
    @Nullable
    Holding get(long code) {
        return byCode.get(code);
    }

    /** What a client has, or else the last it had that still rests. */
    @Nullable
    Holding of(ClientKey client) {
        return byClient.get(client);
    }

    /** Whether anybody but {@code client} has an active lease whose tunnel ends at {@code source}. */
    boolean isSourceTaken(Ipv6Address source, ClientKey client) {
        return bySource.isTaken(source, client);
    }

    /** How many are not free. */
    int size() {
        return byCode.size();
    }

    void forEach(Consumer<Holding> visitor) {
        byCode.forEach(visitor);
    }

    /** Puts {@code next} in place of what has its code. */
    void put(Holding next) {
        Holding before = byCode.get(next.code);
        if (before != null) {
            next.arm(before.armed());
            if (!before.client.equals(next.client)) {
                forgetClient(before);
            }
        }
        byCode.put(next);
        Holding known = byClient.get(next.client);
        if (known == null || known.code == next.code || supersedes(next, known)) {
            byClient.put(next);
        }
        changed(before, next);
        if (next.state != LeaseState.PENDING
                && next.state != LeaseState.ENDING
                && (next.armed() == 0 || next.until() < next.armed())) {
            arm(next, next.until());
        }
    }

    /** What a client has comes before what it had, the longer-lasting before the shorter. */
    private static boolean supersedes(Holding next, Holding known) {
        boolean nextRests = next.state == LeaseState.QUARANTINED;
        boolean knownRests = known.state == LeaseState.QUARANTINED;
        return nextRests == knownRests ? next.until() >= known.until() : knownRests;
    }

    /** Makes a code free. */
    void remove(Holding holding) {
        Holding before = byCode.get(holding.code);
        if (before == null) {
            return;
        }
        forgetClient(before);
        byCode.remove(before);
        changed(before, null);
    }

    private void forgetClient(Holding holding) {
        Holding known = byClient.get(holding.client);
        if (known != null && known.code == holding.code) {
            byClient.remove(known);
        }
    }

    /** Sets the timer of a holding, in place of the one it has. */
    void arm(Holding holding, long second) {
        holding.arm(Math.max(1, second));
        timers.add(holding.armed(), holding.code);
    }

    /**
     * Hands over holdings whose time has come, oldest first.
     *
     * @return whether more are due than {@code limit}
     */
    boolean fire(long now, int limit, Consumer<Holding> due) {
        return timers.fire(now, limit, (second, code) -> {
            Holding holding = byCode.get(code);
            if (holding == null || holding.armed() != second) {
                return;
            }
            holding.arm(0);
            if (holding.state == LeaseState.PENDING) {
                return;
            }
            if (holding.state != LeaseState.ENDING && holding.until() > now) {
                arm(holding, holding.until());
            } else {
                due.accept(holding);
            }
        });
    }
}
