package io.dstm.shell.internal;

import io.dstm.api.management.Caller;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import java.security.AccessController;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import javax.security.auth.Subject;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.console.Session;

/** A command that changes something: it gives an order in the name of who is logged in. */
abstract class OperationCommand extends NodeCommand {

    @Option(name = "--wait", description = "Seconds to wait for the end of it, 0 to 600")
    int wait = 5;

    @Reference
    Operations operations;

    @Reference
    Session session;

    /** Who is logged in. */
    Supplier<Optional<Caller>> who = OperationCommand::loggedIn;

    @SuppressWarnings("removal") // Until Java offers another way that works on 17 (Subject.current is of 18).
    private static Optional<Caller> loggedIn() {
        Subject subject = Subject.getSubject(AccessController.getContext());
        return subject == null ? Optional.empty() : Caller.of(subject, "shell");
    }

    /** Has an order carried out. */
    Outcome perform(Order order) {
        if (wait < 0 || wait > 600) {
            throw new IllegalArgumentException("--wait " + wait + " is not within 0 to 600");
        }
        Optional<Caller> caller = who.get();
        if (caller.isEmpty()) {
            return new Outcome(Result.FORBIDDEN, "Nobody is logged in to this session, so nobody answers for it.");
        }
        try {
            return operations
                    .perform(caller.get(), order, Duration.ofSeconds(wait))
                    .toCompletableFuture()
                    .get();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return new Outcome(Result.PENDING, "It goes on.");
        } catch (ExecutionException defect) {
            throw new IllegalStateException("the operation failed: " + defect.getCause(), defect);
        }
    }

    /** What came of an order: its sentence, for programs also the rest. */
    static View view(Outcome outcome) {
        return new View() {

            @Override
            public String text() {
                return outcome.sentence() + "\n";
            }

            @Override
            public Object json() {
                return Json.object(
                        "result", outcome.result().name().toLowerCase(Locale.ROOT),
                        "message", outcome.sentence(),
                        "before", outcome.before(),
                        "after", outcome.after());
            }
        };
    }
}
