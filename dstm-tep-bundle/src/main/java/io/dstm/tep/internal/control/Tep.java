package io.dstm.tep.internal.control;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.PacketTrace;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.tep.internal.rules.Counters;
import io.dstm.tep.internal.rules.Trace;
import io.dstm.tep.internal.rules.TunnelProcessor;
import io.dstm.tep.internal.table.AddressRanges;
import io.dstm.tep.internal.table.BindingTable;
import io.dstm.tep.internal.trace.TraceReport;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A tunnel end point. What changes it runs on its {@link Control} thread; packets are judged by the datapath's threads.
 *
 * <pre>
 *            first resync                    the datapath fails
 *   WAITING --------------&gt; (tunnel opens) -- FORWARDING &lt;------&gt; FAILED
 *      |                          |      again, after a while         |
 *      +------------- stop -------+------------- stop ----------------+---&gt; STOPPED
 * </pre>
 */
public final class Tep implements TunnelEndPoint {

    private static final Logger log = LoggerFactory.getLogger(Tep.class);

    /** How often ended bindings are swept and the tunnel is looked after. */
    static final Duration TICK = Duration.ofSeconds(1);

    /** Shortest and longest wait before a failed tunnel is tried again. */
    static final Duration FIRST_RETRY = Duration.ofSeconds(1);

    static final Duration LAST_RETRY = Duration.ofMinutes(1);

    private static final int TICKS_A_CHECK = 10;
    private static final String FORWARDING_SWITCH = "net.ipv4.ip_forward";

    /** What a TEP lives on. */
    public record Surroundings(
            Datapath datapath,
            NetworkControl network,
            Control control,
            InstantSource clock,
            LongSupplier nanoTime,
            long secret) {}

    /** A refusal whose reason is in the log already. */
    private static final class NotForwarding extends TepException {

        private static final long serialVersionUID = 1L;

        NotForwarding(String message) {
            super(message, null);
        }
    }

    private final Surroundings surroundings;
    private final BindingTable table = new BindingTable();
    private final Counters counters = new Counters();
    private final TunnelProcessor processor;
    private final Routes routes;
    private final FastLane fastLane;
    private volatile TepConfig config;
    private volatile TepStatus.State state = TepStatus.State.WAITING;
    private volatile String detail = "waits for the server's bindings";
    private volatile String device = "";

    // Used by the control thread alone.
    private Datapath.@Nullable Tunnel tunnel;
    private boolean retryPending;
    private Duration nextRetry = FIRST_RETRY;
    private long ticks;
    private String warning = "";
    private final MemoryWatch memory = new MemoryWatch();

    /** A TEP that waits for its first resync. */
    public Tep(TepConfig config, Surroundings surroundings) {
        this.config = config;
        this.surroundings = surroundings;
        this.routes = new Routes(surroundings.network());
        this.fastLane = new FastLane(surroundings.datapath());
        this.processor = new TunnelProcessor(table, counters, config.policy(), surroundings.secret(), epochOffset());
        log.info("DSTM-2001 TEP {} at {} waits for the server's bindings", config.name(), config.tunnelAddress());
        surroundings.control().after(TICK, this::tick);
    }

    @Override
    public String name() {
        return config.name();
    }

    @Override
    public Ipv6Address tunnelAddress() {
        return config.tunnelAddress();
    }

    @Override
    public CompletionStage<ResyncReport> resync(Collection<Ipv4Range> served, Collection<Binding> bindings) {
        List<Ipv4Range> ranges = List.copyOf(served);
        List<Binding> wanted = List.copyOf(bindings);
        return submit(() -> {
            ResyncReport report = table.resync(ranges, wanted);
            fastLane.replace(config, table);
            establish();
            return report;
        });
    }

    @Override
    public CompletionStage<Void> serve(Collection<Ipv4Range> served) {
        List<Ipv4Range> ranges = List.copyOf(served);
        return submit(() -> {
            table.serve(ranges);
            if (state != TepStatus.State.WAITING) {
                establish();
            }
            return null;
        });
    }

    @Override
    public CompletionStage<Void> install(Collection<Binding> bindings) {
        List<Binding> added = List.copyOf(bindings);
        return submit(() -> {
            if (state == TepStatus.State.FAILED && added.stream().anyMatch(binding -> !table.contains(binding.key()))) {
                // A client that gets a lease now would only wait in vain; those who have one may keep it.
                throw new NotForwarding("TEP " + name() + " cannot forward: " + detail);
            }
            AddressRanges before = table.served();
            table.apply(List.of(), added);
            fastLane.change(config, table, List.of(), added);
            if (table.served() != before && state != TepStatus.State.WAITING) {
                establish();
            }
            return null;
        });
    }

    @Override
    public CompletionStage<Void> remove(Collection<LeaseKey> keys) {
        List<LeaseKey> removed = List.copyOf(keys);
        return submit(() -> {
            table.apply(removed, List.of());
            fastLane.change(config, table, removed, List.of());
            return null;
        });
    }

    private <T extends @Nullable Object> CompletionStage<T> submit(Callable<T> task) {
        CompletableFuture<T> done = new CompletableFuture<>();
        try {
            surroundings.control().execute(() -> {
                try {
                    if (state == TepStatus.State.STOPPED) {
                        throw new NotForwarding("TEP " + name() + " has stopped");
                    }
                    done.complete(task.call());
                } catch (NotForwarding known) {
                    done.completeExceptionally(known);
                } catch (TepException refused) {
                    log.warn("DSTM-2008 TEP {} did not take bindings: {}", name(), refused.getMessage());
                    done.completeExceptionally(refused);
                } catch (Exception | OutOfMemoryError defect) {
                    log.error("DSTM-2010 TEP {} failed on its bindings; please report this", name(), defect);
                    done.completeExceptionally(new TepException("TEP " + name() + " failed: " + defect, defect));
                }
            });
        } catch (RejectedExecutionException stopped) {
            done.completeExceptionally(new TepException("TEP " + name() + " has stopped", stopped));
        }
        return done;
    }

    @Override
    public void forEachBinding(Consumer<Binding> visitor) {
        Instant now = surroundings.clock().instant();
        table.forEach(binding -> {
            if (binding.expires().isAfter(now)) {
                visitor.accept(binding);
            }
        });
    }

    @Override
    public void forEachBinding(Predicate<? super LeaseKey> wanted, Consumer<Binding> visitor) {
        table.forEach(surroundings.clock().instant().getEpochSecond(), wanted, visitor);
    }

    @Override
    public void forEachBindingOf(Collection<LeaseKey> keys, Consumer<Binding> visitor) {
        Instant now = surroundings.clock().instant();
        for (Binding binding : table.bindings(keys)) {
            if (binding.expires().isAfter(now)) {
                visitor.accept(binding);
            }
        }
    }

    @Override
    public int bindingCount() {
        return table.size();
    }

    @Override
    public List<CounterValue> counters() {
        return fastLane.addTo(counters.values());
    }

    @Override
    public Optional<PacketTrace> trace(String counter, int count) {
        long nanos = surroundings.nanoTime().getAsLong();
        Trace.Watch watch = processor.trace().look(TraceReport.outcome(counter), nanos);
        return Optional.of(TraceReport.of(
                watch, counter, count, nanos, surroundings.clock().instant()));
    }

    @Override
    public void endTrace() {
        processor.trace().end();
    }

    @Override
    public TepStatus status() {
        return new TepStatus(
                state,
                detail,
                device,
                fastLane.description(surroundings.datapath().description()),
                config.tunnelMtu(),
                table.size());
    }

    /** Goes on with another configuration of the same name and tunnel address; reopens the tunnel only if it must. */
    void reconfigure(TepConfig changed) {
        processor.setPolicy(changed.policy());
        surroundings.control().execute(() -> {
            boolean sameTunnel = changed.isSameTunnel(config);
            fastLane.reconfigure(config, changed);
            config = changed;
            if (state == TepStatus.State.WAITING || state == TepStatus.State.STOPPED) {
                return;
            }
            Datapath.Tunnel open = tunnel;
            if (!sameTunnel) {
                closeTunnel();
            } else if (open != null) {
                open.setLongestPacket(changed.longestPacket());
            }
            establish();
        });
    }

    /** Opens and sets what is missing. What fails is tried again later. */
    private void establish() {
        TepConfig present = config;
        NetworkControl network = surroundings.network();
        try {
            routes.discard(table.served());
            Datapath.Tunnel open = tunnel;
            if (open == null) {
                open = surroundings.datapath().open(present.specification(), processor);
                tunnel = open;
                device = open.device();
                silenceIpv6(open.device());
            }
            routes.lead(table.served(), present.ipv4Address(), open.device());
            if (present.forwarding() && !isOn(FORWARDING_SWITCH)) {
                network.writeSwitch(FORWARDING_SWITCH, "1");
            }
            fastLane.establish(
                    present, open, table, surroundings.clock().instant().getEpochSecond());
            nextRetry = FIRST_RETRY;
            warning = look(present);
            enter(TepStatus.State.FORWARDING, warning);
        } catch (DatapathException failure) {
            failed(String.valueOf(failure.getMessage()));
        } catch (RuntimeException defect) {
            log.error("DSTM-2010 TEP {} failed to open its tunnel; please report this", name(), defect);
            failed(String.valueOf(defect));
        }
    }

    /** The device carries IPv4 only: the kernel need not solicit routers on it. Where it cannot be told, the rules drop that. */
    private void silenceIpv6(String opened) {
        String ipv6 = "net.ipv6.conf." + opened.replace('.', '/') + ".disable_ipv6";
        try {
            if (surroundings.network().readSwitch(ipv6).isPresent()) {
                surroundings.network().writeSwitch(ipv6, "1");
            }
        } catch (DatapathException harmless) {
            log.debug("IPv6 stays on at {}: {}", opened, harmless.getMessage());
        }
    }

    private void failed(String reason) {
        boolean news = state != TepStatus.State.FAILED || !detail.equals(reason);
        enter(TepStatus.State.FAILED, reason);
        if (news) {
            log.error(
                    "DSTM-2003 TEP {} cannot forward and tries again by itself, at least once a minute: {}",
                    name(),
                    reason);
        }
        if (retryPending) {
            return;
        }
        retryPending = true;
        surroundings.control().after(nextRetry, () -> {
            retryPending = false;
            if (state == TepStatus.State.FAILED) {
                establish();
            }
        });
        nextRetry = nextRetry.multipliedBy(2).compareTo(LAST_RETRY) < 0 ? nextRetry.multipliedBy(2) : LAST_RETRY;
    }

    private void enter(TepStatus.State next, String reason) {
        if (next == TepStatus.State.FORWARDING && state != next) {
            log.info(
                    "DSTM-2002 TEP {} forwards: tunnel address {}, device {}, {} bindings, datapath {}",
                    name(),
                    tunnelAddress(),
                    device,
                    table.size(),
                    fastLane.description(surroundings.datapath().description()));
        }
        detail = reason;
        state = next;
    }

    /** What an operator should know of a TEP that forwards; empty if all is well. */
    private String look(TepConfig present) throws DatapathException {
        List<NetworkControl.InterfaceInfo> interfaces = surroundings.network().interfaces();
        Optional<Ipv6Address> missing = present.tunnelAddresses().stream()
                .filter(address ->
                        interfaces.stream().noneMatch(known -> known.ipv6().contains(address)))
                .findFirst();
        String found = "";
        if (missing.isPresent()) {
            found = "no interface has the tunnel address " + missing.get()
                    + ": give it to one, else no client reaches this TEP";
        } else if (!isOn(FORWARDING_SWITCH)) {
            found = FORWARDING_SWITCH + " is 0: set it to 1, or forwarding=true in " + TepConfig.PID;
        }
        if (!found.isEmpty() && !found.equals(warning)) {
            log.warn("DSTM-2007 TEP {}: {}", name(), found);
        }
        return found;
    }

    private boolean isOn(String name) {
        Optional<String> value = surroundings.network().readSwitch(name);
        return value.isPresent() && !value.get().trim().equals("0");
    }

    private void tick() {
        if (state == TepStatus.State.STOPPED) {
            return;
        }
        try {
            processor.setEpochOffset(epochOffset());
            fastLane.setClock(surroundings.clock().instant().getEpochSecond());
            table.expire(surroundings.clock().instant().getEpochSecond());
            Datapath.Tunnel open = tunnel;
            Optional<String> failure = open == null ? Optional.empty() : open.failure();
            if (failure.isPresent()) {
                closeTunnel();
                failed(failure.get());
            } else if (state == TepStatus.State.FORWARDING) {
                if (++ticks % TICKS_A_CHECK == 0) {
                    warning = look(config);
                }
                String scarce = memory.look(
                        name(),
                        processor.reassemblyLevel(),
                        surroundings.nanoTime().getAsLong());
                detail = warning.isEmpty() || scarce.isEmpty() ? warning + scarce : warning + "; " + scarce;
            }
        } catch (DatapathException unsure) {
            detail = String.valueOf(unsure.getMessage());
        } catch (RuntimeException defect) {
            log.error("DSTM-2010 TEP {} failed in its routine; please report this", name(), defect);
        }
        surroundings.control().after(TICK, this::tick);
    }

    private long epochOffset() {
        Instant now = surroundings.clock().instant();
        long nanos = surroundings.nanoTime().getAsLong();
        return Math.multiplyExact(now.getEpochSecond(), 1_000_000_000L) + now.getNano() - nanos;
    }

    private void closeTunnel() {
        Datapath.Tunnel open = tunnel;
        tunnel = null;
        device = "";
        fastLane.close();
        routes.deviceGone();
        if (open != null) {
            open.close();
        }
    }

    /** Stops for good, in its turn: closes the tunnel and takes the routes back. */
    void stop(Runnable whenDone) {
        surroundings.control().execute(() -> {
            try {
                enter(TepStatus.State.STOPPED, "stopped");
                fastLane.leave();
                closeTunnel();
                routes.clear();
                processor.close();
                log.info("DSTM-2004 TEP {} stopped", name());
            } finally {
                whenDone.run();
            }
        });
    }

    TepConfig config() {
        return config;
    }
}
