package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.client.ServerCall;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** A protocol whose server is the test. */
final class FakeSource implements LeaseSource {

    final List<CompletableFuture<ClientLease>> acquired = new ArrayList<>();
    final List<CompletableFuture<ClientLease>> renewed = new ArrayList<>();
    final List<CompletableFuture<ClientLease>> rebound = new ArrayList<>();
    final List<ClientLease> released = new ArrayList<>();
    CompletableFuture<Void> releaseAnswer = CompletableFuture.completedFuture(null);

    String detail = "";

    private Consumer<ServerCall> listener = call -> {};

    private final String name;

    FakeSource(String name) {
        this.name = name;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public void onCall(Consumer<ServerCall> newListener) {
        listener = newListener;
    }

    /** The server calls. */
    void call(ServerCall call) {
        listener.accept(call);
    }

    @Override
    public String detail() {
        return detail;
    }

    private static CompletableFuture<ClientLease> asked(List<CompletableFuture<ClientLease>> calls) {
        CompletableFuture<ClientLease> future = new CompletableFuture<>();
        calls.add(future);
        return future;
    }

    @Override
    public CompletableFuture<ClientLease> acquire() {
        return asked(acquired);
    }

    @Override
    public CompletableFuture<ClientLease> renew(ClientLease lease) {
        return asked(renewed);
    }

    @Override
    public CompletableFuture<ClientLease> rebind(ClientLease lease) {
        return asked(rebound);
    }

    @Override
    public CompletionStage<Void> release(ClientLease lease) {
        released.add(lease);
        return releaseAnswer;
    }

    @Override
    public CompletionStage<Void> decline(ClientLease lease) {
        throw new UnsupportedOperationException();
    }

    static <T> T last(List<T> calls) {
        return calls.get(calls.size() - 1);
    }
}
