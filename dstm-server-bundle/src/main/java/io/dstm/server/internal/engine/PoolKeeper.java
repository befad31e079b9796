package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.server.internal.config.PoolConfig;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.pool.AddressSpans;
import io.dstm.server.internal.pool.KeyCode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Takes over pools as their files come, and knows what follows from them: which pools may yet come, what TEPs attract and what
 * table each should have. Used by the engine's thread alone, but for {@link #tunnelAddresses}.
 */
final class PoolKeeper {

    /** Pool files come one by one; those that come this close together are taken over as one. */
    static final long SETTLE_MILLIS = 100;

    /** For so long after the start a lease of a pool not seen yet is not taken for one whose pool was deleted. */
    static final long ARRIVE_MILLIS = 60_000;

    /** How often addresses outside the pools, whose last lease has ended, are taken from what TEPs attract. */
    private static final long SERVED_REFRESH_MILLIS = 300_000;

    /** Places of the table of leases looked through in one turn; takes about a millisecond. */
    private static final int STAGED_A_TURN = 4_000;

    private final LeaseBook book;
    private final TepLinks teps;
    private final Clocks clocks;
    private final Delays delays;
    private final Function<List<PoolConfig>, PoolSet> maker;

    private final Set<String> seen = new HashSet<>();
    private Set<String> unsettled = Set.of();
    private PoolRegistry.@Nullable View wanted;
    private PoolRegistry.@Nullable View latest;
    private boolean settling;
    private boolean begun;
    private long begunAt;
    private boolean servedShrinks;
    private volatile List<Ipv6Address> tunnelAddresses = List.of();

    /** A keeper without pools; {@code maker} makes empty ones of their configurations. */
    PoolKeeper(LeaseBook book, TepLinks teps, Clocks clocks, Delays delays, Function<List<PoolConfig>, PoolSet> maker) {
        this.book = book;
        this.teps = teps;
        this.clocks = clocks;
        this.delays = delays;
        this.maker = maker;
    }

    /**
     * The leases are loaded: from now on pools are taken over. Those that have come already are so at once, since nobody waits for
     * an answer yet, and a TEP that has come would else be told to attract every lease by itself.
     */
    void begin() {
        begun = true;
        begunAt = clocks.steadyMillis();
        PoolRegistry.View view = wanted;
        if (view != null && !view.pools().isEmpty()) {
            wanted = null;
            settling = true;
            book.beginPools(maker.apply(view.pools()));
            stage(view, Integer.MAX_VALUE);
        } else {
            settleSoon();
        }
        refreshServedLater();
    }

    /** Has {@code view} taken over in a moment. */
    void want(PoolRegistry.View view) {
        wanted = view;
        latest = view;
        settleSoon();
    }

    /** Has what is taken counted anew, since the server's configuration asks for other counts. */
    void countAnew() {
        if (wanted == null) {
            wanted = latest;
        }
        settleSoon();
    }

    private void settleSoon() {
        if (begun && wanted != null && !settling) {
            settling = true;
            delays.after(SETTLE_MILLIS, this::settle);
        }
    }

    private void settle() {
        PoolRegistry.View view = wanted;
        wanted = null;
        if (view == null) {
            settling = false;
            return;
        }
        book.beginPools(maker.apply(view.pools()));
        stage(view, STAGED_A_TURN);
    }

    /** A little each turn, for answers not to wait while a million leases are looked through. */
    private void stage(PoolRegistry.View view, int leases) {
        PoolSet former = book.pools();
        if (!book.stage(leases)) {
            delays.after(0, () -> stage(view, leases));
            return;
        }
        view.pools().forEach(pool -> seen.add(pool.name()));
        unsettled = view.unsettled();
        Map<String, List<Ipv4Range>> servedBefore = servedByTep(former);
        Map<String, List<Ipv4Range>> servedNow = servedByTep(book.pools());
        for (TepLink tep : teps.all()) {
            List<Ipv4Range> before = servedBefore.getOrDefault(tep.name(), List.of());
            if (!before.equals(servedNow.getOrDefault(tep.name(), List.of()))) {
                tep.wantRanges();
            }
        }
        publishTunnelAddresses();
        settling = false;
        settleSoon();
    }

    /** Whether no pool has come yet, and one still may. */
    boolean noneYet() {
        return seen.isEmpty() && arriving();
    }

    /** Whether a pool of this name is still to be expected: files come one by one, and a refused one may be mended. */
    boolean mayYetCome(String pool) {
        return unsettled.contains(pool) || !seen.contains(pool) && arriving();
    }

    private boolean arriving() {
        return clocks.steadyMillis() - begunAt < ARRIVE_MILLIS;
    }

    /** A lease that no pool lends any more has ended. */
    void drained() {
        servedShrinks = true;
    }

    private static Map<String, List<Ipv4Range>> servedByTep(PoolSet pools) {
        Map<String, List<Ipv4Range>> ranges = new HashMap<>();
        for (PoolSet.Entry entry : pools.byPriority()) {
            ranges.computeIfAbsent(entry.pool.config().tep(), tep -> new ArrayList<>())
                    .addAll(entry.pool.spans().toRanges());
        }
        ranges.replaceAll((tep, list) -> AddressSpans.of(list).toRanges());
        return ranges;
    }

    /** The addresses of a TEP's pools; it knows by itself which others are bound. */
    List<Ipv4Range> rangesOf(TepLink tep) {
        return servedByTep(book.pools()).getOrDefault(tep.name(), List.of());
    }

    /**
     * What a TEP has to know: every active lease that clients tunnel to it for, whatever has become of its pool, and the addresses
     * of its pools and of those leases.
     */
    TepLink.Table tableOf(TepLink tep) {
        Ipv6Address address = tep.address();
        long now = clocks.wallSeconds();
        List<Ipv4Range> served = new ArrayList<>(servedByTep(book.pools()).getOrDefault(tep.name(), List.of()));
        AddressSpans pools = AddressSpans.of(served);
        List<Binding> bindings = new ArrayList<>();
        book.forEach(holding -> {
            if (holding.state == LeaseState.ACTIVE && holding.tunnelAddress.equals(address) && holding.until() > now) {
                Binding binding = holding.toBinding();
                bindings.add(binding);
                if (pools.indexOf(KeyCode.address(holding.code)) < 0) {
                    served.add(
                            new Ipv4Range(binding.key().address(), binding.key().address()));
                }
            }
        });
        return new TepLink.Table(AddressSpans.of(served).toRanges(), bindings);
    }

    private void refreshServedLater() {
        delays.after(SERVED_REFRESH_MILLIS, () -> {
            if (servedShrinks) {
                servedShrinks = false;
                teps.all().forEach(TepLink::wantRanges);
            }
            refreshServedLater();
        });
    }

    /** TEPs that are there and that pools use; from any thread. */
    List<Ipv6Address> tunnelAddresses() {
        return tunnelAddresses;
    }

    /** TEPs or pools have changed. */
    void publishTunnelAddresses() {
        tunnelAddresses = book.pools().byPriority().stream()
                .map(entry -> teps.named(entry.pool.config().tep()))
                .map(tep -> tep == null ? null : tep.address())
                .filter(address -> address != null)
                .distinct()
                .toList();
    }
}
