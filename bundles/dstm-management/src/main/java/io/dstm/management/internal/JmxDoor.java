package io.dstm.management.internal;

import io.dstm.api.management.Caller;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import io.dstm.api.management.Role;
import java.rmi.server.RemoteServer;
import java.rmi.server.ServerNotActiveException;
import java.security.AccessController;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import javax.security.auth.Subject;
import org.jspecify.annotations.Nullable;

/** Gives the orders of JMX clients, over RMI and Jolokia, in the name of who they are. */
final class JmxDoor {

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Supplier<@Nullable Operations> operations;

    JmxDoor(Supplier<@Nullable Operations> operations) {
        this.operations = operations;
    }

    /**
     * Has an order carried out.
     *
     * @throws SecurityException if the caller may not, or is unknown
     */
    Outcome perform(Order order) {
        Operations service = operations.get();
        if (service == null) {
            return new Outcome(Result.FAILED, "The operations of this node are not there yet; try again.");
        }
        Caller caller = caller().orElseThrow(() -> new SecurityException(
                "nobody knows who asks: use a JMX connector that asks for a name, such as Karaf's, or /dstm/jolokia"));
        try {
            Outcome outcome = service.perform(caller, order, PATIENCE)
                    .toCompletableFuture()
                    .get();
            if (outcome.result() == Result.FORBIDDEN) {
                throw new SecurityException(outcome.sentence());
            }
            return outcome;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return new Outcome(Result.PENDING, "It goes on.");
        } catch (ExecutionException defect) {
            throw new IllegalStateException("the operation failed: " + defect.getCause(), defect);
        }
    }

    /** Who asks; empty if no connector has said so. */
    @SuppressWarnings("removal") // Until Java offers another way that works on 17 (Subject.current is of 18).
    static Optional<Caller> caller() {
        Subject subject = Subject.getSubject(AccessController.getContext());
        if (subject != null) {
            boolean jolokia = subject.getPrincipals().stream()
                    .anyMatch(principal -> principal.getName().startsWith("jolokia("));
            return Caller.of(subject, jolokia ? "jolokia" : "jmx");
        }
        try {
            // The connector of the JDK's attach mechanism asks for no name: who may attach to the process owns it.
            return Optional.of(new Caller(
                    System.getProperty("user.name", "owner"),
                    Optional.of(Role.ADMIN),
                    "jmx",
                    "attached to the process, " + RemoteServer.getClientHost()));
        } catch (ServerNotActiveException notOverRmi) {
            return Optional.empty();
        }
    }
}
