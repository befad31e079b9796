package io.dstm.shell.internal;

import io.dstm.api.lease.ClientCaller.Outcome;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Query;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.jspecify.annotations.Nullable;

/** A command that does something to a client. */
abstract class ClientCommand extends NodeCommand {

    /** No identity has as many leases. */
    private static final int MOST_LEASES = 1000;

    @Argument(
            name = "client",
            required = true,
            description = "The client as dstm:leases shows it, such as duid:0001.../1")
    @Completion(ClientCompleter.class)
    @Nullable
    String client;

    @Option(name = "--wait", description = "Seconds to wait for the client, 0 to 600")
    int wait = 5;

    /** Who is meant. */
    ClientId client() {
        if (client == null) {
            throw new IllegalArgumentException("name a client as dstm:leases shows it, such as duid:0001.../1");
        }
        return ClientId.parse(client.trim());
    }

    /** The leases of who is meant: the one, or all of the identity where no number follows it. */
    List<Lease> leases(NodeView.ServerView server) {
        ClientId wanted = client();
        boolean all = client != null && client.indexOf('/') < 0;
        return server.leases(new Query(wanted.identity(), null, 0, MOST_LEASES)).items().stream()
                .filter(lease -> lease.client().identity().equals(wanted.identity())
                        && (all || lease.client().equals(wanted)))
                .toList();
    }

    /** What the stage gives within the time that was asked for; {@code otherwise} after that. */
    <T> T await(CompletionStage<T> stage, T otherwise) {
        if (wait < 0 || wait > 600) {
            throw new IllegalArgumentException("--wait " + wait + " is not within 0 to 600");
        }
        try {
            return stage.toCompletableFuture().copy().get(wait, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            return otherwise;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return otherwise;
        } catch (ExecutionException failed) {
            throw new IllegalStateException("the server failed: " + failed.getCause(), failed);
        }
    }

    /** What became of a call; {@code null} if that is not known yet. */
    static String sentence(ClientId client, @Nullable Outcome outcome) {
        if (outcome == null) {
            return client + " is being called and has not come yet. The server goes on for some minutes.";
        }
        return switch (outcome) {
            case ANSWERED -> client + " came.";
            case NO_ANSWER -> client + " did not come to eight calls. Is it switched on, and UDP port 546 open?";
            case NOT_CALLABLE -> client + " has not agreed to be called (Reconfigure Accept), or asked too long ago.";
            case BUSY ->
                client + " is being called for another purpose, or too many clients are. Try again in some minutes.";
            case UNAVAILABLE ->
                "This server cannot call: it is switched off (reconfigure in etc/io.dstm.dhcpv6.server.cfg) or not ready.";
        };
    }
}
