package io.dstm.bench.server;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.tep.internal.table.BindingTable;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** A TEP in the server's process: the product's table, changed by a thread of its own, and no datapath. */
public final class TableTep implements TunnelEndPoint {

    private static final Ipv6Address ADDRESS = Ipv6Address.parse("2001:db8:a::1");

    private interface Change<T> {
        T make() throws TepException;
    }

    private final BindingTable table = new BindingTable();
    private final ExecutorService control = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "dstm-tep-control");
        thread.setDaemon(true);
        return thread;
    });

    private <T> CompletionStage<T> submit(Change<T> change) {
        CompletableFuture<T> done = new CompletableFuture<>();
        control.execute(() -> {
            try {
                done.complete(change.make());
            } catch (TepException refused) {
                done.completeExceptionally(refused);
            }
        });
        return done;
    }

    @Override
    public String name() {
        return "tep";
    }

    @Override
    public Ipv6Address tunnelAddress() {
        return ADDRESS;
    }

    @Override
    public CompletionStage<ResyncReport> resync(Collection<Ipv4Range> served, Collection<Binding> bindings) {
        return submit(() -> table.resync(served, bindings));
    }

    @Override
    public CompletionStage<Void> serve(Collection<Ipv4Range> served) {
        return submit(() -> {
                    table.serve(served);
                    return served;
                })
                .thenAccept(done -> {});
    }

    @Override
    public CompletionStage<Void> install(Collection<Binding> bindings) {
        return submit(() -> {
                    table.apply(List.of(), bindings);
                    return bindings;
                })
                .thenAccept(done -> {});
    }

    @Override
    public CompletionStage<Void> remove(Collection<LeaseKey> keys) {
        return submit(() -> {
                    table.apply(keys, List.of());
                    return keys;
                })
                .thenAccept(done -> {});
    }

    @Override
    public void forEachBinding(Consumer<Binding> visitor) {
        table.forEach(visitor);
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
        return new TepStatus(TepStatus.State.FORWARDING, "", "", "none", 1500, table.size());
    }
}
