package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.client.ClientStatus.State;
import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.client.ServerCall;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.client.internal.tunnel.Gate;
import io.dstm.client.internal.tunnel.TunnelListener;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The life of a node's lease, one state at a time, on one thread.
 *
 * <pre>
 *              need               lease            T1               T2
 *   IDLE ------------> REQUESTING ------> BOUND ------> RENEWING ------> REBINDING
 *    ^ ^                | refused,  ^       ^            | prolonged         | prolonged
 *    | +----------------+ time out  |       +------------+-------------------+
 *    |                              |                    |
 *    |                              +--------------------+ lease over, packets still come
 *    +---------------------------------------------------+ lease over or given back
 *
 *   any --kernel refuses--> FAILED --retry--> IDLE
 * </pre>
 *
 * <p>All fields are the loop thread's own unless they say otherwise.
 */
public final class ClientEngine implements Ipv4OnDemand {

    /** At least this often the clock is read, since a suspended machine's timers sleep too, and the device looked after. */
    private static final long LONGEST_NAP = TimeUnit.SECONDS.toNanos(5);

    private static final long SHORTEST_NAP = TimeUnit.MILLISECONDS.toNanos(1);
    private static final String HAD_LEASE_UNTIL = "lease.until";
    private static final Logger log = LoggerFactory.getLogger(ClientEngine.class);

    private final InstantSource clock;
    private final LongSupplier nanos;
    private final ScheduledExecutorService loop;
    private final NodeJournal journal;
    private final KernelPorts kernelPorts;
    private final Demands demands = new Demands();
    private final Exchange exchange = new Exchange(new ExchangeParty());
    private final Backoff requestBackoff = new Backoff();
    private final Backoff deviceBackoff = new Backoff();
    private final List<LeaseSource> sources = new ArrayList<>();
    private final TunnelEnd tunnelEnd;
    private final TunnelDevice device;
    private final LeaseUse use;
    private final Alarm nextLook;

    private ClientConfig config;
    private boolean running;
    private State state = State.IDLE;
    private String detail = "not started";
    private @Nullable HeldLease held;
    private long requestUntil;
    private boolean pausing;
    private long pauseUntil;

    /** Written by the loop, read by all. */
    private volatile ClientStatus status;
    /** Written by the loop, read by all; the source whose words belong to the status. */
    private volatile @Nullable LeaseSource shownSource;

    /**
     * An engine that does nothing until {@link #start}.
     *
     * @param journalFile where the facts for a successor are kept; {@code null} for nowhere
     * @param clock the wall clock
     * @param nanos the monotonic clock, {@link System#nanoTime()}'s
     * @param loop one thread, on which everything happens; stays the caller's
     */
    public ClientEngine(
            ClientConfig config,
            Datapath datapath,
            NetworkControl network,
            @Nullable Path journalFile,
            InstantSource clock,
            LongSupplier nanos,
            ScheduledExecutorService loop) {
        this.config = config;
        this.clock = clock;
        this.nanos = nanos;
        this.loop = loop;
        this.journal = new NodeJournal(journalFile);
        this.kernelPorts = new KernelPorts(network, journal);
        this.tunnelEnd = new TunnelEnd(network);
        this.device = new TunnelDevice(config, datapath, network, kernelPorts, new PacketNews());
        this.use = new LeaseUse(device::packets, nanos.getAsLong());
        this.nextLook = new Alarm(loop, () -> run(() -> {}));
        this.status = new ClientStatus(state, detail, config.device(), "", null, List.of());
    }

    // ---- what others call, from any thread

    /** Opens the interface and begins to notice needs. */
    public void start() {
        post(() -> {
            running = true;
            kernelPorts.restore();
            openDevice();
        });
    }

    /** Gives the lease back, removes the interface and returns when that is done or {@code patience} is over. */
    public void stop(Duration patience) {
        CountDownLatch done = new CountDownLatch(1);
        post(() -> {
            shutDown();
            done.countDown();
        });
        try {
            if (!done.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn(
                        "DSTM-3009 The client did not stop within {} s; the kernel removes its device with the process",
                        patience.toSeconds());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Applies another configuration; the lease stays unless it comes from another source now. */
    public void configure(ClientConfig next) {
        post(() -> applyConfig(next));
    }

    /** Adds a place to get leases from. */
    public void addSource(LeaseSource source) {
        source.onCall(call -> post(() -> called(call)));
        post(() -> {
            sources.add(source);
            if (source.name().equals(config.source())) {
                log.info("DSTM-3016 Lease source {} is there", source.name());
                sourceCame();
            }
        });
    }

    /** Forgets a place to get leases from; a lease that came from it lives on. */
    public void removeSource(LeaseSource source) {
        post(() -> {
            sources.remove(source);
            if (source.name().equals(config.source())) {
                log.info("DSTM-3016 Lease source {} is gone; the lease, if any, lives on to its end", source.name());
                exchange.cancel();
            }
        });
    }

    @Override
    public CompletionStage<ClientLease> demand(String reason) {
        ClientStatus now = status;
        ClientLease usable = now.lease();
        if (usable != null) {
            use.demanded(nanos.getAsLong());
            return CompletableFuture.completedStage(usable);
        }
        CompletableFuture<ClientLease> future = new CompletableFuture<>();
        if (!post(() -> need(reason, future))) {
            future.completeExceptionally(new NoLeaseException("the client is stopped"));
        }
        return future.minimalCompletionStage();
    }

    @Override
    public ClientStatus status() {
        ClientStatus now = status;
        String words = now.state() == State.BOUND ? now.detail() : withWordsOf(shownSource, now.detail());
        return new ClientStatus(
                now.state(), words, now.device(), now.source(), now.lease(), device.counters(), device.description());
    }

    /** What we wait for and, where the source knows more, what that waits for. */
    private static String withWordsOf(@Nullable LeaseSource source, String detail) {
        String more = source == null ? "" : source.detail();
        return detail.isEmpty() || more.isEmpty() ? detail + more : detail + "; " + more;
    }

    /** What packet threads tell. */
    private final class PacketNews implements TunnelListener {

        @Override
        public void packetWaits(int destination, int protocol) {
            post(() -> need("packet to " + new Ipv4Address(destination) + " protocol " + protocol, null));
        }

        @Override
        public void pathLearned() {
            post(ClientEngine.this::hasten);
        }

        @Override
        public void sourceRefused() {
            post(ClientEngine.this::askAboutRefusal);
        }
    }

    // ---- the loop

    private boolean post(Runnable task) {
        try {
            loop.execute(() -> run(task));
            return true;
        } catch (RejectedExecutionException stopped) {
            return false;
        }
    }

    /** Runs one event and then looks at the clock. A defect in one event must not end the client. */
    private void run(Runnable task) {
        try {
            task.run();
            if (running) {
                look();
            }
        } catch (RuntimeException defect) {
            log.error("DSTM-3010 Defect in the client; it goes on. Please report it", defect);
        }
        publish();
        if (running) {
            scheduleNextLook();
        }
    }

    private void look() {
        long now = nanos.getAsLong();
        demands.failOverdue(
                now,
                withWordsOf(
                        source(), "no lease within " + config.demandTimeout().toSeconds() + " s: " + detail));
        if (deviceIsGone()) {
            return;
        }
        switch (state) {
            case IDLE -> {
                if (pausing && now - pauseUntil >= 0) {
                    pausing = false;
                    device.setGate(idleGate());
                    detail = "";
                }
            }
            case FAILED -> {
                if (now - pauseUntil >= 0) {
                    openDevice();
                }
            }
            case REQUESTING -> {
                if (now - requestUntil >= 0) {
                    giveUp(withWordsOf(
                            source(),
                            "no answer within " + config.demandTimeout().toSeconds() + " s"));
                }
            }
            default -> lookAtLease(now);
        }
    }

    private boolean deviceIsGone() {
        Optional<String> failure = device.failure();
        failure.ifPresent(why -> fail(config.device() + " is gone", why));
        return failure.isPresent();
    }

    private void lookAtLease(long now) {
        HeldLease current = held;
        if (current == null) {
            throw new IllegalStateException(state + " without a lease");
        }
        LeaseTime time = current.time();
        use.look(now);
        device.sweep(now);
        lookForTunnelEnd(current.lease().tunnelSource(), now);
        Instant wall = clock.instant();
        if (time.isOver(wall, now)) {
            log.warn("DSTM-3007 Lease {} is over: its validity ended", heldKey());
            endLease(false, "validity ended");
        } else if (use.isIdle(config.idleRelease(), now)) {
            log.info(
                    "DSTM-3006 Lease {} is given back: no packet for {} s",
                    heldKey(),
                    config.idleRelease().toSeconds());
            endLease(true, "");
        } else if (time.wantsRebinding(wall, now) && state != State.REBINDING) {
            to(State.REBINDING, "asks any server to prolong the lease");
            prolong();
        } else if (time.wantsRenewal(wall, now) && state == State.BOUND) {
            to(State.RENEWING, "asks its server to prolong the lease");
            prolong();
        }
    }

    /**
     * Notices that the node has lost its end of the tunnel, as after a renumbering. RFC 7596 section 5.1: provisioning starts
     * anew then; asking to prolong from the address there is now moves the lease.
     */
    private void lookForTunnelEnd(Ipv6Address source, long now) {
        if (state != State.REBINDING && tunnelEnd.isLost(source, now, LONGEST_NAP)) {
            log.warn("DSTM-3017 The node no longer has {}, its end of the tunnel; asks to move the lease", source);
            to(State.RENEWING, "asks to move the lease from " + source);
            prolong();
        }
    }

    /** RFC 7596 section 5.1: the TEP knows nothing of the lease, or no more; the server can tell which. */
    private void askAboutRefusal() {
        State next =
                switch (config.refusedSource()) {
                    case RENEW -> State.RENEWING;
                    case REBIND -> State.REBINDING;
                    case IGNORE -> state;
                };
        boolean asks = state == State.BOUND || state == State.RENEWING && next == State.REBINDING;
        if (asks && next != state) {
            log.warn("DSTM-3018 The TEP refuses packets of lease {}; asks a server whether it still stands", heldKey());
            to(next, "asks whether the lease still stands, since the TEP refuses its packets");
            prolong();
        }
    }

    private String heldKey() {
        ClientLease lease = lease();
        return lease == null ? "" : lease.key().toString();
    }

    private @Nullable ClientLease lease() {
        HeldLease current = held;
        return current == null ? null : current.lease();
    }

    private void scheduleNextLook() {
        long now = nanos.getAsLong();
        long nap =
                switch (state) {
                    case IDLE -> pausing ? pauseUntil - now : LONGEST_NAP;
                    case FAILED -> pauseUntil - now;
                    case REQUESTING -> Math.min(requestUntil - now, TimeUnit.SECONDS.toNanos(1));
                    case BOUND, RENEWING, REBINDING -> napWithLease(now);
                };
        if (!nextLook.set(Math.max(SHORTEST_NAP, Math.min(nap, LONGEST_NAP)))) {
            running = false;
        }
    }

    private long napWithLease(long now) {
        HeldLease current = held;
        long nap = current == null
                ? LONGEST_NAP
                : Math.min(LONGEST_NAP, current.time().nanosUntilNext(clock.instant(), now));
        return Math.min(nap, use.nanosUntilIdle(config.idleRelease(), now));
    }

    private void to(State next, String why) {
        if (next != state && !mayBecome(state, next)) {
            throw new IllegalStateException("client cannot go from " + state + " to " + next);
        }
        log.debug("Client goes from {} to {}: {}", state, next, why);
        state = next;
        detail = why;
    }

    /** The arrows of the diagram. */
    static boolean mayBecome(State from, State next) {
        return switch (from) {
            case IDLE -> next == State.REQUESTING || next == State.FAILED;
            case REQUESTING -> next == State.BOUND || next == State.IDLE || next == State.FAILED;
            case BOUND -> next != State.BOUND;
            case RENEWING -> next != State.RENEWING;
            case REBINDING -> next != State.REBINDING && next != State.RENEWING;
            case FAILED -> next == State.IDLE;
        };
    }

    private void publish() {
        boolean usable = state == State.BOUND || state == State.RENEWING || state == State.REBINDING;
        shownSource = source();
        status = new ClientStatus(
                state,
                detail,
                config.device(),
                shownSource == null ? "" : config.source(),
                usable ? lease() : null,
                List.of());
    }

    // ---- the device

    private void openDevice() {
        try {
            device.open(config);
            pausing = false;
            to(State.IDLE, "");
            device.setGate(idleGate());
            log.info(
                    "DSTM-3001 4over6 interface {} is up ({}); waiting for a need",
                    device.name(),
                    device.description());
            journal.get(HAD_LEASE_UNTIL).ifPresent(this::resumeAfterKill);
        } catch (DatapathException | RuntimeException failed) {
            fail("cannot open " + config.device(), failed);
        }
    }

    private void fail(String what, Exception why) {
        log.debug("Why the client cannot work", why);
        fail(what, why.getMessage() == null ? why.toString() : why.getMessage());
    }

    /** The kernel did not do what it must: without the device nothing of ours remains, so remove it and begin again later. */
    private void fail(String what, String why) {
        long pause = deviceBackoff.pause();
        log.error(
                "DSTM-3008 The client cannot work: {}: {}. It tries again in {} s",
                what,
                why,
                TimeUnit.NANOSECONDS.toSeconds(pause));
        exchange.cancel();
        giveBack();
        device.close();
        String reason = what + ": " + why;
        demands.fail(reason);
        startPause(pause);
        to(State.FAILED, reason);
    }

    private Gate idleGate() {
        return config.triggerPacket() ? Gate.TRIGGER : Gate.IGNORE;
    }

    private void startPause(long pause) {
        pausing = true;
        pauseUntil = nanos.getAsLong() + pause;
    }

    // ---- need and acquisition

    private void resumeAfterKill(String until) {
        journal.remove(HAD_LEASE_UNTIL);
        try {
            if (clock.instant().isBefore(Instant.parse(until))) {
                // Programs may still have flows on the address; the server gives a known client the same one.
                need("a lease of before the restart", null);
            }
        } catch (DateTimeParseException unreadable) {
            log.debug("No time in the state file: {}", until);
        }
    }

    private void need(String reason, @Nullable CompletableFuture<ClientLease> future) {
        switch (state) {
            case BOUND, RENEWING, REBINDING -> {
                use.demanded(nanos.getAsLong());
                if (future != null && held != null) {
                    future.complete(held.lease());
                }
            }
            case IDLE -> {
                if (!running || pausing) {
                    refuse(future, detail);
                    return;
                }
                log.info("DSTM-3002 IPv4 is needed ({}): asking for a lease", reason);
                to(State.REQUESTING, "");
                device.setGate(Gate.WAIT);
                await(future);
                acquire();
            }
            case REQUESTING -> await(future);
            default -> refuse(future, detail);
        }
    }

    private void await(@Nullable CompletableFuture<ClientLease> future) {
        requestUntil = nanos.getAsLong() + config.demandTimeout().toNanos();
        if (future != null && !demands.add(future, requestUntil)) {
            refuse(future, "too many wait for a lease");
        }
    }

    private static void refuse(@Nullable CompletableFuture<ClientLease> future, String why) {
        if (future != null) {
            future.completeExceptionally(new NoLeaseException(why.isEmpty() ? "the client is stopped" : why));
        }
    }

    private @Nullable LeaseSource source() {
        return source(config.source());
    }

    private @Nullable LeaseSource source(String name) {
        for (LeaseSource source : sources) {
            if (source.name().equals(name)) {
                return source;
            }
        }
        return null;
    }

    private void sourceCame() {
        switch (state) {
            case REQUESTING -> acquire();
            case RENEWING, REBINDING -> prolong();
            default -> {}
        }
    }

    /** A server wants the client to ask, for its lease or for one (RFC 8415 section 18.2.11). */
    private void called(ServerCall call) {
        if (state == State.IDLE) {
            need("the server calls", null);
        } else if (state == State.BOUND) {
            log.info("DSTM-3019 The server calls: the client asks {} to prolong the lease", name(call));
            to(call == ServerCall.RENEW ? State.RENEWING : State.REBINDING, "was called by the server");
            prolong();
        }
        // Else it is asking already, or cannot.
    }

    private static String name(ServerCall call) {
        return call == ServerCall.RENEW ? "its server" : "any server";
    }

    private void acquire() {
        if (state != State.REQUESTING || exchange.isBusy()) {
            return;
        }
        LeaseSource source = source();
        if (source == null) {
            detail = "waits for a lease source named " + config.source();
            return;
        }
        detail = "asks " + config.source() + " for a lease";
        exchange.acquire(source);
    }

    private void prolong() {
        LeaseSource source = source();
        ClientLease lease = lease();
        if (source == null || lease == null) {
            detail = "cannot ask to prolong the lease: no lease source named " + config.source();
        } else if (state == State.REBINDING) {
            exchange.rebind(source, lease);
        } else {
            exchange.renew(source, lease);
        }
    }

    /** What the exchange with the sources tells, and the loop for it. */
    private final class ExchangeParty implements Exchange.Party {

        @Override
        public void given(LeaseSource source, ClientLease given) {
            take(source, given);
        }

        @Override
        public void failed(Throwable cause) {
            String why = cause.getMessage() == null ? cause.toString() : cause.getMessage();
            if (state == State.REQUESTING) {
                giveUp(why);
            } else if (cause instanceof LeaseRefusedException refused && refused.leaseGone()) {
                log.warn("DSTM-3007 Lease is over: the server does not know it any more ({})", why);
                endLease(false, why);
            } else {
                log.warn("DSTM-3014 The lease was not prolonged ({}); it is used to its end", why);
                detail = "not prolonged: " + why;
            }
        }

        @Override
        public void givenTooLate(LeaseSource source, ClientLease given) {
            ClientLease lease = lease();
            if (lease == null || !lease.key().equals(given.key())) {
                exchange.release(source, given);
            }
        }

        @Override
        public void released() {
            acquire();
        }

        @Override
        public void post(Runnable task) {
            boolean unused = ClientEngine.this.post(task);
        }

        @Override
        public void postLater(Runnable task, Duration delay) {
            try {
                ScheduledFuture<?> unused = loop.schedule(() -> run(task), delay.toNanos(), TimeUnit.NANOSECONDS);
            } catch (RejectedExecutionException stopped) {
                running = false;
            }
        }
    }

    private void giveUp(String why) {
        log.warn("DSTM-3005 No lease from {}: {}", config.source(), why);
        exchange.cancel();
        startPause(requestBackoff.pause());
        to(State.IDLE, "no lease from " + config.source() + ": " + why);
        demands.fail(detail);
        device.setGate(Gate.REFUSE);
        device.replayWaiting(nanos.getAsLong());
    }

    // ---- having a lease

    private void take(LeaseSource source, ClientLease given) {
        long now = nanos.getAsLong();
        LeaseTime time = new LeaseTime(given, clock.instant(), now);
        String wrong = time.isOver(clock.instant(), now) ? "it is over already" : wrongEnds(given);
        if (!wrong.isEmpty()) {
            exchange.release(source, given);
            if (state == State.REQUESTING) {
                giveUp("the lease " + given.key() + " is unusable: " + wrong);
            } else {
                log.warn(
                        "DSTM-3014 The lease was not prolonged (what came is unusable: {}); it is used to its end",
                        wrong);
            }
            return;
        }
        ClientLease before = lease();
        HeldLease taken = new HeldLease(given, source.name(), time);
        held = taken;
        tunnelEnd.begin(given.tunnelSource(), now);
        if (before == null) {
            use.begin(now);
        }
        // The rules first: from the moment the kernel knows the address, packets may carry it.
        device.connect(taken);
        boolean same = before != null && before.key().equals(given.key());
        try {
            if (!same) {
                device.show(given);
            }
        } catch (DatapathException failed) {
            fail("cannot configure " + given.key() + " on " + config.device(), failed);
            return;
        }
        hasten();
        requestBackoff.worked();
        deviceBackoff.worked();
        journal.put(HAD_LEASE_UNTIL, given.expires().toString());
        if (same) {
            log.debug("Lease {} is prolonged to {}", given.key(), given.expires());
        } else {
            log.info(
                    "DSTM-3003 Lease {} from {}: tunnel {} to {} until {}",
                    given.key(),
                    source.name(),
                    given.tunnelSource(),
                    given.tunnelAddress(),
                    given.expires());
        }
        to(State.BOUND, "");
        device.replayWaiting(now);
        publish();
        demands.complete(given);
    }

    /** Tells the faster way what the rules know. */
    private void hasten() {
        HeldLease current = held;
        if (current != null) {
            device.hasten(config, current, nanos.getAsLong());
        }
    }

    /** RFC 2473 section 4.1.2: a tunnel into itself is a loop. */
    private static String wrongEnds(ClientLease given) {
        Ipv6Address tep = given.tunnelAddress();
        if (!tep.isRoutableUnicast() || !given.tunnelSource().isRoutableUnicast()) {
            return "its tunnel ends " + given.tunnelSource() + " and " + tep + " are not both routable unicast";
        }
        return tep.equals(given.tunnelSource()) ? "both tunnel ends are " + tep : "";
    }

    /** Ends the use of the lease: rules, then kernel; then asks anew if packets still come. */
    private void endLease(boolean giveItBack, String why) {
        boolean wanted = !giveItBack && !use.isIdle(config.idleRelease(), nanos.getAsLong());
        exchange.cancel();
        device.restLane();
        device.setGate(wanted ? Gate.WAIT : idleGate());
        try {
            device.putDown();
        } catch (DatapathException failed) {
            fail("cannot take the lease from " + config.device(), failed);
            return;
        }
        if (giveItBack) {
            giveBack();
        } else {
            forgetLease();
        }
        if (wanted) {
            to(State.REQUESTING, why);
            await(null);
            publish();
            acquire();
        } else {
            to(State.IDLE, "");
        }
    }

    private void forgetLease() {
        held = null;
        journal.remove(HAD_LEASE_UNTIL);
    }

    private void giveBack() {
        HeldLease ended = held;
        forgetLease();
        LeaseSource from = ended == null ? null : source(ended.source());
        if (ended != null && from != null) {
            exchange.release(from, ended.lease());
        }
    }

    // ---- configuration and end

    private void applyConfig(ClientConfig next) {
        ClientConfig before = config;
        if (next.equals(before)) {
            return;
        }
        boolean otherSource = !before.source().equals(next.source());
        if (otherSource && held != null) {
            endLease(true, "");
        }
        if (otherSource) {
            exchange.cancel();
        }
        config = next;
        if (!running) {
            return;
        }
        if (before.opensAnotherDevice(next)) {
            reopenDevice();
        } else {
            if (before.datapath() != next.datapath()) {
                device.openLane(next);
                hasten();
            }
            if (state == State.IDLE && !pausing) {
                device.setGate(idleGate());
            }
        }
        if (otherSource) {
            sourceCame();
        }
    }

    /** Another device, the same lease: flows pause for a moment and go on. */
    private void reopenDevice() {
        device.close();
        HeldLease current = held;
        State before = state;
        String beforeDetail = detail;
        try {
            device.open(config);
            if (current != null) {
                device.connect(current);
                device.show(current.lease());
                hasten();
            } else {
                device.setGate(before == State.REQUESTING ? Gate.WAIT : idleGate());
            }
            if (before == State.FAILED) {
                pausing = false;
                to(State.IDLE, "");
            } else {
                to(before, beforeDetail);
            }
        } catch (DatapathException | RuntimeException failed) {
            fail("cannot open " + config.device(), failed);
        }
    }

    private void shutDown() {
        if (!running) {
            return;
        }
        running = false;
        nextLook.cancel();
        exchange.cancel();
        demands.fail("the client stops");
        device.restLane();
        device.setGate(Gate.IGNORE);
        try {
            device.putDown();
        } catch (DatapathException failed) {
            log.debug("The device goes with its address", failed);
        }
        giveBack();
        exchange.awaitRelease();
        device.close();
        state = State.IDLE;
        detail = "stopped";
        log.info("DSTM-3009 The client has stopped");
    }
}
