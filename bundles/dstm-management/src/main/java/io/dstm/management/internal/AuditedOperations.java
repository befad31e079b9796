package io.dstm.management.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.dstm.api.management.Caller;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Order;
import io.dstm.api.management.Role;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Sees that callers may give their orders, and writes a line of JSON for each that came to an end, whoever gave it at what door. */
final class AuditedOperations implements Operations {

    private static final JsonFactory JSON = new JsonFactory();

    private final Operations operations;
    private final Consumer<String> log;
    private final InstantSource clock;

    AuditedOperations(Operations operations, Consumer<String> log, InstantSource clock) {
        this.operations = operations;
        this.log = log;
        this.clock = clock;
    }

    @Override
    public CompletionStage<Outcome> perform(Caller caller, Order order, Duration patience) {
        CompletionStage<Outcome> stage;
        if (caller.may(order.needed())) {
            try {
                stage = operations.perform(caller, order, patience);
            } catch (RuntimeException defect) {
                stage = CompletableFuture.completedStage(failed(defect));
            }
        } else {
            stage = CompletableFuture.completedStage(new Outcome(
                    Result.FORBIDDEN, "This needs the role " + order.needed().word() + "."));
        }
        return stage.exceptionally(AuditedOperations::failed).thenApply(outcome -> {
            log.accept(line(caller, order, outcome));
            return outcome;
        });
    }

    private static Outcome failed(Throwable defect) {
        return new Outcome(Result.FAILED, "It did not work: " + defect);
    }

    private String line(Caller caller, Order order, Outcome outcome) {
        StringWriter out = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(out)) {
            json.writeStartObject();
            json.writeStringField("time", clock.instant().toString());
            json.writeStringField("who", caller.name());
            json.writeStringField("role", caller.role().map(Role::word).orElse(""));
            json.writeStringField("door", caller.door());
            json.writeStringField("from", caller.from());
            json.writeStringField("what", order.name());
            json.writeObjectFieldStart("arguments");
            for (Map.Entry<String, String> argument : order.arguments().entrySet()) {
                json.writeStringField(argument.getKey(), argument.getValue());
            }
            json.writeEndObject();
            json.writeStringField("before", outcome.before());
            json.writeStringField("after", outcome.after());
            json.writeStringField("result", outcome.result().name().toLowerCase(java.util.Locale.ROOT));
            json.writeStringField("sentence", outcome.sentence());
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toString();
    }
}
