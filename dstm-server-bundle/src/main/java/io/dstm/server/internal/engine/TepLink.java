package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.api.tep.TunnelEndPoint.ResyncReport;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The engine's way to the TEP of one name. Calls of one turn go out together; a call that shares a batch with a refused one is
 * tried again alone. A resync goes out only when nothing else is on its way, and everything waits for it, so that the TEP's table
 * is at all times what the engine believes it to be. Used by the engine's thread alone.
 *
 * <pre>
 *           appear              acknowledged
 *   AWAY -----------> SYNCING ---------------> READY
 *    ^                 |   ^                     |
 *    | vanish  refused |   | after a while       | resync wanted, nothing outstanding
 *    |                 v   |                     |
 *    +---- (any)     BROKEN               SYNCING &lt;--+
 * </pre>
 */
final class TepLink {

    private static final Logger log = LoggerFactory.getLogger(TepLink.class);

    /** Longest a TEP may take to acknowledge bindings; a client's first retransmission comes after one second. */
    static final long CALL_LIMIT_MILLIS = 5_000;

    /** Longest a TEP may take to take over a whole table. */
    static final long RESYNC_LIMIT_MILLIS = 60_000;

    /** A TEP that is away for less was only replaced, or goes with the server when both stop: nobody needs to act. */
    private static final long AWAY_MILLIS = 3_000;

    private static final long FIRST_RETRY_MILLIS = 1_000;
    private static final long LAST_RETRY_MILLIS = 30_000;
    private static final long LOG_EVERY_MILLIS = 60_000;
    private static final int LARGEST_BATCH = 1_000;

    /** What a TEP has to know at a resync. */
    record Table(Collection<Ipv4Range> served, Collection<Binding> bindings) {}

    private enum State {
        AWAY,
        SYNCING,
        READY,
        BROKEN
    }

    private final String name;
    private final Executor loop;
    private final Clocks clocks;
    private final Delays delays;
    private final Function<TepLink, Table> tableOf;
    private final Function<TepLink, List<Ipv4Range>> rangesOf;
    private final java.util.function.Consumer<TepLink> onSynced;

    /** Services of this name, the one in use first; a second one is there for a moment while a bundle is replaced. */
    private final List<TunnelEndPoint> services = new ArrayList<>();

    private final Deque<Call> waiting = new ArrayDeque<>();
    private final Set<Batch> outstanding = new LinkedHashSet<>();
    private State state = State.AWAY;
    private boolean resyncWanted;
    private boolean rangesWanted;
    private long retryMillis = FIRST_RETRY_MILLIS;
    /** Counts services and attempts, so that answers to something that is over are told apart. */
    private int era;

    private boolean refusalLogged;

    TepLink(
            String name,
            Executor loop,
            Clocks clocks,
            Delays delays,
            Function<TepLink, Table> tableOf,
            Function<TepLink, List<Ipv4Range>> rangesOf,
            java.util.function.Consumer<TepLink> onSynced) {
        this.name = name;
        this.loop = loop;
        this.clocks = clocks;
        this.delays = delays;
        this.tableOf = tableOf;
        this.rangesOf = rangesOf;
        this.onSynced = onSynced;
    }

    String name() {
        return name;
    }

    /** The tunnel address of the service in use; {@code null} while there is none. */
    @Nullable
    Ipv6Address address() {
        return services.isEmpty() ? null : services.get(0).tunnelAddress();
    }

    /** Whether bindings can be given to it now or in a moment. */
    boolean usable() {
        return state == State.READY || state == State.SYNCING;
    }

    /** Whether it surely knows what it should: not after a call that got no answer, until the next resync. */
    boolean inStep() {
        return state == State.READY && !resyncWanted;
    }

    void appear(TunnelEndPoint service) {
        services.add(service);
        if (services.size() > 1) {
            log.warn(
                    "DSTM-1024 There are {} TEPs named {}; only the first is used, give the other another name",
                    services.size(),
                    name);
            return;
        }
        begin();
    }

    void vanish(TunnelEndPoint service) {
        boolean inUse = !services.isEmpty() && services.get(0) == service;
        services.remove(service);
        if (!inUse) {
            return;
        }
        era++;
        state = State.AWAY;
        failAll("the TEP " + name + " went away");
        if (services.isEmpty()) {
            int since = era;
            delays.after(AWAY_MILLIS, () -> tellThatItIsAway(since));
        } else {
            begin();
        }
    }

    private void tellThatItIsAway(int since) {
        if (era == since) {
            log.warn(
                    "DSTM-1021 The TEP {} is away; its leases stay as they are, and no new ones are given meanwhile",
                    name);
        }
    }

    private void begin() {
        era++;
        state = State.BROKEN;
        retryMillis = FIRST_RETRY_MILLIS;
        resyncWanted = true;
        flush();
    }

    /** Has the whole table compared soon: pools changed, or it is unsure what the TEP knows. A TEP that refused is asked in time. */
    void wantResync() {
        resyncWanted |= usable();
    }

    /** Tells the TEP soon which addresses pools have now; bindings stay, and nothing waits for it. */
    void wantRanges() {
        rangesWanted |= usable();
    }

    /** Has the whole table compared at once. */
    void resyncNow() {
        resyncWanted = !services.isEmpty();
    }

    void install(Binding binding, Done done) {
        submit(new Call(binding, binding.key(), done));
    }

    void remove(LeaseKey key, Done done) {
        submit(new Call(null, key, done));
    }

    private void submit(Call call) {
        if (usable()) {
            waiting.add(call);
        } else {
            call.done.ended("the TEP " + name + " is not there");
        }
    }

    /** Sends what is waiting; at the end of each turn. */
    void flush() {
        failOverdue();
        if (services.isEmpty() || state == State.SYNCING) {
            return;
        }
        if (resyncWanted) {
            if (outstanding.isEmpty()) {
                resync(services.get(0));
            }
            return;
        }
        if (rangesWanted && state == State.READY) {
            sendRanges(services.get(0));
        }
        while (state == State.READY && !waiting.isEmpty()) {
            List<Call> calls = new ArrayList<>();
            Call first = waiting.element();
            while (!waiting.isEmpty()
                    && calls.size() < LARGEST_BATCH
                    && waiting.element().installs() == first.installs()
                    && (calls.isEmpty() || !first.alone && !waiting.element().alone)) {
                calls.add(waiting.remove());
            }
            send(services.get(0), new Batch(calls, clocks.steadyMillis()));
        }
    }

    private void sendRanges(TunnelEndPoint service) {
        rangesWanted = false;
        int present = era;
        CompletionStage<Void> stage;
        try {
            stage = service.serve(rangesOf.apply(this));
        } catch (RuntimeException refused) {
            stage = CompletableFuture.failedFuture(refused);
        }
        stage.whenComplete((nothing, failure) -> {
            if (failure != null) {
                loop.execute(() -> resyncWanted |= present == era && usable());
            }
        });
    }

    private void send(TunnelEndPoint service, Batch batch) {
        outstanding.add(batch);
        CompletionStage<Void> stage;
        try {
            stage = batch.calls.get(0).installs()
                    ? service.install(batch.calls.stream().map(Call::binding).toList())
                    : service.remove(batch.calls.stream().map(Call::key).toList());
        } catch (RuntimeException refused) {
            stage = CompletableFuture.failedFuture(refused);
        }
        stage.whenComplete((nothing, failure) ->
                loop.execute(() -> finish(batch, failure == null ? null : Journal.sentence(failure))));
    }

    /** What got no answer for long fails; in order of sending, so only the first has to be looked at. */
    private void failOverdue() {
        while (!outstanding.isEmpty()) {
            Batch oldest = outstanding.iterator().next();
            if (clocks.steadyMillis() - oldest.sentMillis < CALL_LIMIT_MILLIS) {
                return;
            }
            // It may yet do what it was asked, so what it knows is unsure until the next resync.
            resyncWanted = true;
            oldest.calls.forEach(call -> call.alone = true);
            finish(oldest, "the TEP " + name + " did not answer in " + CALL_LIMIT_MILLIS / 1000 + " s");
        }
    }

    private void finish(Batch batch, @Nullable String failure) {
        if (!outstanding.remove(batch)) {
            return;
        }
        if (failure == null) {
            refusalLogged = false;
            batch.calls.forEach(call -> call.done.ended(null));
            return;
        }
        if (batch.calls.size() > 1 && !batch.calls.get(0).alone) {
            for (int i = batch.calls.size() - 1; i >= 0; i--) {
                batch.calls.get(i).alone = true;
                waiting.addFirst(batch.calls.get(i));
            }
            return;
        }
        if (!refusalLogged) {
            refusalLogged = true;
            delays.after(LOG_EVERY_MILLIS, () -> refusalLogged = false);
            log.warn("DSTM-1023 The TEP {} did not take bindings; see its messages (DSTM-2xxx): {}", name, failure);
        }
        batch.calls.forEach(call -> call.done.ended(failure));
    }

    private void resync(TunnelEndPoint service) {
        resyncWanted = false;
        rangesWanted = false;
        state = State.SYNCING;
        int attempt = ++era;
        CompletionStage<ResyncReport> stage;
        int bindings;
        try {
            Table table = tableOf.apply(this);
            bindings = table.bindings.size();
            stage = service.resync(table.served, table.bindings);
        } catch (RuntimeException refused) {
            bindings = 0;
            stage = CompletableFuture.failedFuture(refused);
        }
        int size = bindings;
        stage.whenComplete((report, failure) -> loop.execute(() -> {
            if (attempt != era) {
                return;
            }
            if (failure == null) {
                synced(size, report);
            } else {
                resyncFailed(Journal.sentence(failure));
            }
        }));
        delays.after(RESYNC_LIMIT_MILLIS, () -> {
            if (attempt == era && state == State.SYNCING) {
                era++;
                resyncFailed("no answer in " + RESYNC_LIMIT_MILLIS / 1000 + " s");
            }
        });
    }

    private void synced(int size, ResyncReport report) {
        state = State.READY;
        retryMillis = FIRST_RETRY_MILLIS;
        log.info(
                "DSTM-1020 The TEP {} is in step with the leases: {} bindings, {} added, {} changed, {} removed",
                name,
                size,
                report.added(),
                report.changed(),
                report.removed());
        onSynced.accept(this);
    }

    private void resyncFailed(String failure) {
        state = State.BROKEN;
        log.warn(
                "DSTM-1022 The TEP {} did not take over its bindings, so no leases are given; next try in {} s: {}",
                name,
                retryMillis / 1000,
                failure);
        failAll(failure);
        int attempt = era;
        delays.after(retryMillis, () -> {
            if (attempt == era) {
                resyncWanted = true;
            }
        });
        retryMillis = Math.min(2 * retryMillis, LAST_RETRY_MILLIS);
    }

    private void failAll(String failure) {
        List<Call> calls = new ArrayList<>();
        outstanding.forEach(batch -> calls.addAll(batch.calls));
        calls.addAll(waiting);
        outstanding.clear();
        waiting.clear();
        calls.forEach(call -> call.done.ended(failure));
    }

    /** One binding to install, or a key to remove. */
    private static final class Call {
        private final @Nullable Binding binding;
        private final LeaseKey key;
        private final Done done;
        /** Whether it must not share a batch, because it was in one that was refused. */
        private boolean alone;

        private Call(@Nullable Binding binding, LeaseKey key, Done done) {
            this.binding = binding;
            this.key = key;
            this.done = done;
        }

        private boolean installs() {
            return binding != null;
        }

        private Binding binding() {
            return java.util.Objects.requireNonNull(binding);
        }

        private LeaseKey key() {
            return key;
        }
    }

    /** Calls that go out together; equal only to itself. */
    private static final class Batch {
        private final List<Call> calls;
        private final long sentMillis;

        private Batch(List<Call> calls, long sentMillis) {
            this.calls = calls;
            this.sentMillis = sentMillis;
        }
    }
}
