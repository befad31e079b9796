package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.server.internal.pool.AddressSpans;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A TEP that does what it is asked when the test says so, or refuses. */
final class FakeTep implements TunnelEndPoint {

    final String name;
    final Ipv6Address address;
    final Map<LeaseKey, Binding> table = new LinkedHashMap<>();
    final Deque<Runnable> waiting = new ArrayDeque<>();
    /** What was asked, in order, such as {@code install 192.0.2.1}. */
    final List<String> asked = new ArrayList<>();

    List<Ipv4Range> served = List.of();
    boolean hold;
    boolean mute;
    Predicate<Binding> refuses = binding -> false;
    boolean refusesResync;
    boolean takesWholeTablesOnly;
    boolean refusesRemove;
    int resyncs;

    FakeTep(String name, String address) {
        this.name = name;
        this.address = Ipv6Address.parse(address);
    }

    private <T> CompletionStage<T> later(Supplier<T> effect, Supplier<Boolean> refused) {
        CompletableFuture<T> done = new CompletableFuture<>();
        Runnable call = () -> {
            if (refused.get()) {
                done.completeExceptionally(new TepException("refused", null));
            } else {
                done.complete(effect.get());
            }
        };
        if (mute) {
            return done;
        }
        waiting.add(call);
        if (!hold) {
            stepAll();
        }
        return done;
    }

    void step() {
        waiting.remove().run();
    }

    void stepAll() {
        while (!waiting.isEmpty()) {
            step();
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public Ipv6Address tunnelAddress() {
        return address;
    }

    @Override
    public CompletionStage<ResyncReport> resync(Collection<Ipv4Range> ranges, Collection<Binding> bindings) {
        asked.add("resync");
        List<Binding> wanted = List.copyOf(bindings);
        List<Ipv4Range> attracted = List.copyOf(ranges);
        return later(
                () -> {
                    resyncs++;
                    served = attracted;
                    table.clear();
                    wanted.forEach(binding -> table.put(binding.key(), binding));
                    return new ResyncReport(0, 0, 0);
                },
                () -> refusesResync);
    }

    @Override
    public CompletionStage<Void> serve(Collection<Ipv4Range> ranges) {
        if (takesWholeTablesOnly) {
            return TunnelEndPoint.super.serve(ranges);
        }
        asked.add("serve");
        List<Ipv4Range> attracted = List.copyOf(ranges);
        return later(
                () -> {
                    List<Ipv4Range> all = new ArrayList<>(attracted);
                    table.keySet().forEach(key -> all.add(new Ipv4Range(key.address(), key.address())));
                    served = AddressSpans.of(all).toRanges();
                    return null;
                },
                () -> false);
    }

    @Override
    public CompletionStage<Void> install(Collection<Binding> bindings) {
        List<Binding> wanted = List.copyOf(bindings);
        wanted.forEach(binding -> asked.add("install " + binding.key()));
        return later(
                () -> {
                    wanted.forEach(binding -> table.put(binding.key(), binding));
                    return null;
                },
                () -> wanted.stream().anyMatch(refuses));
    }

    @Override
    public CompletionStage<Void> remove(Collection<LeaseKey> keys) {
        List<LeaseKey> wanted = List.copyOf(keys);
        wanted.forEach(key -> asked.add("remove " + key));
        return later(
                () -> {
                    wanted.forEach(table::remove);
                    return null;
                },
                () -> refusesRemove);
    }

    @Override
    public void forEachBinding(Consumer<Binding> visitor) {
        table.values().forEach(visitor);
    }

    @Override
    public int bindingCount() {
        return table.size();
    }

    @Override
    public List<CounterValue> counters() {
        return List.of();
    }

    @Override
    public TepStatus status() {
        return new TepStatus(TepStatus.State.FORWARDING, "", "dstm-tep", "fake", 1500, table.size());
    }
}
