package io.dstm.dhcpv6.internal.server;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/**
 * Steps one after the other, without the objects that {@link CompletionStage} makes for each of them where nothing has to be waited
 * for. Most messages wait once, for the lease service.
 */
final class Stages {

    private Stages() {}

    /** As {@link CompletionStage#thenCompose}; at once if {@code stage} is over. */
    static <A, B> CompletionStage<B> then(CompletionStage<A> stage, Function<A, CompletionStage<B>> next) {
        CompletableFuture<A> future = stage.toCompletableFuture();
        return future.isDone() && !future.isCompletedExceptionally()
                ? next.apply(future.join())
                : future.thenCompose(next);
    }

    /** What {@code next} makes of the results, in order, once all are there. */
    static <A, B> CompletionStage<B> all(List<CompletableFuture<A>> stages, Function<List<A>, B> next) {
        if (stages.isEmpty()) {
            return CompletableFuture.completedFuture(next.apply(List.of()));
        }
        if (stages.size() == 1) {
            return stages.get(0).thenApply(only -> next.apply(List.of(only)));
        }
        return CompletableFuture.allOf(stages.toArray(CompletableFuture[]::new)).thenApply(done -> {
            List<A> results = new ArrayList<>(stages.size());
            stages.forEach(stage -> results.add(stage.join()));
            return next.apply(results);
        });
    }
}
