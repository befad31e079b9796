package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** One wish of the client, through as many exchanges as it takes. Ends when its future does, also by cancellation. */
final class Conversation {

    private final CompletableFuture<ClientLease> result = new CompletableFuture<>();
    private @Nullable Exchange current;

    Conversation(Timers timers) {
        CompletionStage<ClientLease> end = result;
        end.whenComplete((lease, problem) -> timers.execute(this::end));
    }

    CompletableFuture<ClientLease> result() {
        return result;
    }

    /** Goes on with {@code exchange}, on the client's thread. */
    void goOn(Exchange exchange) {
        end();
        if (!result.isDone()) {
            current = exchange;
            exchange.begin();
        }
    }

    private void end() {
        Exchange running = current;
        current = null;
        if (running != null) {
            running.end();
        }
    }
}
