package io.dstm.tep.internal.control;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.FastPath.Way;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.packet.Ipv6Header;
import io.dstm.tep.internal.rules.Outcome;
import io.dstm.tep.internal.table.BindingTable;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a TEP has of a fast path: keeps its table the same as the rules', adds its counts to theirs, and gives it up where it fails.
 * All but {@link #addTo} and {@link #description} is for the control thread.
 */
final class FastLane {

    private static final Logger log = LoggerFactory.getLogger(FastLane.class);

    private final Datapath datapath;
    private volatile @Nullable FastPath path;
    /** Of fast paths that were closed. */
    private volatile FastPath.Counts before = FastPath.Counts.NONE;
    /** Why there is none though one is wanted, or no better one; empty otherwise. */
    private volatile String refusal = "";

    private List<Ipv4Range> served = List.of();

    FastLane(Datapath datapath) {
        this.datapath = datapath;
    }

    /** Opens what is wanted and not open; enters all bindings if the served addresses are others than before. */
    void establish(TepConfig config, Datapath.Tunnel tunnel, BindingTable table, long seconds) {
        if (config.datapath() == DatapathMode.TUN) {
            // One that was kept would go on with what it knew.
            datapath.endKept(config.device());
            return;
        }
        FastPath open = path;
        if (open != null) {
            if (!table.served().ranges().equals(served)) {
                replace(config, table);
            }
            return;
        }
        if (!refusal.isEmpty()) {
            return;
        }
        Map<Way, String> refusals = new LinkedHashMap<>();
        for (Way way : config.datapath().ways()) {
            try {
                open = datapath.openFastPath(
                        tunnel, config.datapathDevices(), config.datapathKeep() && way != Way.RULES, way);
                path = open;
                open.setClock(seconds);
                open.configure(config.fastPathSettings());
                fill(open, table);
                refusal = said(config.datapath(), refusals);
                log.info(
                        "DSTM-2015 TEP {} moves common packets by {}{}",
                        config.name(),
                        open.description(),
                        refusal.isEmpty() ? "" : " (no " + refusal + ")");
                return;
            } catch (DatapathException | RuntimeException refused) {
                close();
                refusals.put(way, String.valueOf(refused.getMessage()));
            }
        }
        giveUp(config, said(config.datapath(), refusals));
    }

    /** Why ways were not possible. */
    private static String said(DatapathMode mode, Map<Way, String> refusals) {
        List<String> reasons = refusals.values().stream().distinct().toList();
        if (refusals.size() == mode.ways().size() && reasons.size() == 1) {
            return said(mode, reasons.get(0));
        }
        return refusals.entrySet().stream()
                .map(refused -> name(refused.getKey()) + ": " + refused.getValue())
                .collect(Collectors.joining("; "));
    }

    /** Why none is possible, whatever the way. */
    private static String said(DatapathMode mode, String reason) {
        return (mode == DatapathMode.AUTO ? DatapathMode.XDP : mode).key() + ": " + reason;
    }

    private static String name(Way way) {
        return switch (way) {
            case DRIVER -> "xdp in drivers";
            case GENERIC -> "generic xdp";
            case TC -> "tc";
            case RULES -> "af_xdp";
        };
    }

    /** Enters all bindings anew. */
    void replace(TepConfig config, BindingTable table) {
        FastPath open = path;
        if (open == null) {
            return;
        }
        try {
            fill(open, table);
        } catch (DatapathException | RuntimeException refused) {
            giveUp(config, said(config.datapath(), String.valueOf(refused.getMessage())));
        }
    }

    private void fill(FastPath open, BindingTable table) throws DatapathException {
        List<Ipv4Range> now = table.served().ranges();
        List<Binding> bindings = new ArrayList<>(table.size());
        table.forEach(bindings::add);
        open.replace(now, bindings);
        served = now;
    }

    private void giveUp(TepConfig config, String reason) {
        close();
        refusal = reason;
        if (config.datapath() != DatapathMode.AUTO) {
            log.warn(
                    "DSTM-2013 TEP {} moves every packet through the rules and the kernel, since datapath={} is not possible: {}",
                    config.name(),
                    config.datapath().key(),
                    reason);
        } else {
            log.info(
                    "DSTM-2014 TEP {} moves every packet through the rules, a faster way is not possible: {}",
                    config.name(),
                    reason);
        }
    }

    void change(TepConfig config, BindingTable table, Collection<LeaseKey> removed, Collection<Binding> added) {
        FastPath open = path;
        if (open != null && !open.change(removed, added)) {
            replace(config, table);
        }
    }

    /** Applies other settings; another mode or other devices take effect as after a {@link #close}. */
    void reconfigure(TepConfig previous, TepConfig changed) {
        if (previous.datapath() != changed.datapath()
                || previous.datapathKeep() != changed.datapathKeep()
                || !previous.datapathDevices().equals(changed.datapathDevices())) {
            close();
            return;
        }
        FastPath open = path;
        if (open != null) {
            open.configure(changed.fastPathSettings());
        }
    }

    void setClock(long seconds) {
        FastPath open = path;
        if (open != null) {
            open.setClock(seconds);
        }
    }

    /** Closes it; {@link #establish} may open another. */
    void close() {
        end(FastPath::close);
    }

    /** The same for good; what is to be kept is left at work. */
    void leave() {
        end(FastPath::leave);
    }

    private void end(Consumer<FastPath> how) {
        FastPath open = path;
        refusal = "";
        if (open != null) {
            FastPath.Counts counted = open.counts();
            how.accept(open);
            FastPath.Counts last = open.counts();
            counted = last.decapsulated() >= counted.decapsulated() ? last : counted;
            before = sum(before, counted);
            path = null;
            served = List.of();
        }
    }

    /** How packets are moved, given how those are that meet the rules. */
    String description(String rules) {
        FastPath open = path;
        String why = refusal;
        String unless = why.isEmpty() ? "" : " (no " + why + ")";
        return open == null ? rules + unless : open.description() + unless + ", " + rules + " for the rest";
    }

    private static FastPath.Counts sum(FastPath.Counts one, FastPath.Counts other) {
        return new FastPath.Counts(
                one.decapsulated() + other.decapsulated(),
                one.decapsulatedBytes() + other.decapsulatedBytes(),
                one.encapsulated() + other.encapsulated(),
                one.encapsulatedBytes() + other.encapsulatedBytes());
    }

    /** The rules' counters with the packets that never met them. */
    List<CounterValue> addTo(List<CounterValue> counters) {
        FastPath open = path;
        FastPath.Counts counts = open == null ? before : sum(before, open.counts());
        if (counts.equals(FastPath.Counts.NONE)) {
            return counters;
        }
        long up = counts.decapsulated();
        long upBytes = counts.decapsulatedBytes();
        long down = counts.encapsulated();
        long downBytes = counts.encapsulatedBytes();
        List<CounterValue> added = new ArrayList<>(counters.size());
        for (CounterValue counter : counters) {
            added.add(
                    is(counter, Outcome.IN_ALL_IPV6) || is(counter, Outcome.OUT_DECAPSULATED_IPV4)
                            ? plus(counter, up, upBytes)
                            : is(counter, Outcome.OUT_ALL_IPV4)
                                    ? plus(counter, up, upBytes - Ipv6Header.LENGTH * up)
                                    : is(counter, Outcome.IN_ALL_IPV4) || is(counter, Outcome.OUT_ENCAPSULATED_IPV6)
                                            ? plus(counter, down, downBytes)
                                            : is(counter, Outcome.OUT_ALL_IPV6)
                                                    ? plus(counter, down, downBytes + Ipv6Header.LENGTH * down)
                                                    : counter);
        }
        return added;
    }

    private static boolean is(CounterValue counter, Outcome outcome) {
        return counter.name().equals(outcome.counter());
    }

    private static CounterValue plus(CounterValue counter, long packets, long bytes) {
        return new CounterValue(counter.name(), counter.packets() + packets, counter.bytes() + bytes);
    }
}
