package io.dstm.management.internal;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigHistory.Difference;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.management.Caller;
import io.dstm.api.management.LeaseTransfer;
import io.dstm.api.management.NodeView.ServerView;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Order;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Carries orders out on the services of this node. Files are read and written on a thread of its own. */
final class LocalOperations implements Operations {

    private static final String NO_SERVER = "This node has no server.";

    private final LocalNode node;
    private final ConfigEditor configuration;
    private final LeaseTransfer transfer;
    private final Executor files;

    LocalOperations(LocalNode node, ConfigEditor configuration, LeaseTransfer transfer, Executor files) {
        this.node = node;
        this.configuration = configuration;
        this.transfer = transfer;
        this.files = files;
    }

    @Override
    public CompletionStage<Outcome> perform(Caller caller, Order order, Duration patience) {
        CompletableFuture<Outcome> work =
                begin(caller, order).toCompletableFuture().copy();
        return work.completeOnTimeout(
                new Outcome(Result.PENDING, pending(order), before(order), ""),
                patience.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    private CompletionStage<Outcome> begin(Caller caller, Order order) {
        if (order instanceof Order.Release release) {
            return end(release.client(), service -> service.release(release.client(), null), "is given back", false);
        } else if (order instanceof Order.Revoke revoke) {
            return end(revoke.client(), service -> service.revoke(revoke.client(), null), "is taken back", true);
        } else if (order instanceof Order.Call call) {
            return call(call.client(), call.purpose());
        } else if (order instanceof Order.Resync resync) {
            return resync(resync.tep());
        } else if (order instanceof Order.Reserve reserve) {
            return onFiles(() -> reserve(reserve, caller));
        } else if (order instanceof Order.Drain drain) {
            return onFiles(() -> drain(drain, caller));
        } else if (order instanceof Order.Reload) {
            return onFiles(() -> new Outcome(
                    Result.DONE,
                    configuration.reload() + " files of etc are read again; dstm:config shows how they fare."));
        } else if (order instanceof Order.RollBack rollBack) {
            return onFiles(() -> changed(
                    configuration.rollBack(rollBack.number(), caller.name(), rollBack.evenIfRefused()),
                    "The files are those of configuration " + rollBack.number() + " already."));
        } else if (order instanceof Order.Export export) {
            return onFiles(() -> new Outcome(
                    Result.DONE, transfer.exportTo(export.file()) + " leases were written to " + export.file() + "."));
        } else if (order instanceof Order.Import incoming) {
            return onFiles(() -> imported(transfer.importFrom(incoming.file(), incoming.trial()), incoming));
        }
        throw new IllegalArgumentException("nobody can carry out " + order);
    }

    private static String pending(Order order) {
        if (order instanceof Order.Call call) {
            return call.client() + " is being called and has not come yet. The server goes on for some minutes.";
        }
        return order instanceof Order.Release || order instanceof Order.Revoke
                ? "The lease has ended; its TEP has not said yet that it forwards no more."
                : "It goes on.";
    }

    // Leases

    private interface Ending {
        CompletionStage<Boolean> of(LeaseService service);
    }

    private CompletionStage<Outcome> end(ClientId client, Ending ending, String what, boolean call) {
        LeaseService service = node.leaseService();
        if (service == null) {
            return CompletableFuture.completedStage(new Outcome(Result.NOTHING, NO_SERVER));
        }
        Optional<Lease> had = service.leaseOf(client);
        if (had.isEmpty()) {
            return CompletableFuture.completedStage(new Outcome(Result.NOTHING, client + " has no lease."));
        }
        return ending.of(service).thenApply(done -> {
            if (!done) {
                return new Outcome(Result.NOTHING, client + " has no lease.");
            }
            if (call) {
                node.server().ifPresent(server -> {
                    var unused = server.call(client, ClientCaller.Purpose.RENEW);
                });
            }
            return new Outcome(
                    Result.DONE,
                    had.get().key() + " " + what + ".",
                    shown(had.get()),
                    service.leaseOf(client).map(LocalOperations::shown).orElse("no lease"));
        });
    }

    private String before(Order order) {
        ClientId client = order instanceof Order.Release release
                ? release.client()
                : order instanceof Order.Revoke revoke ? revoke.client() : null;
        LeaseService service = node.leaseService();
        return client == null || service == null
                ? ""
                : service.leaseOf(client).map(LocalOperations::shown).orElse("");
    }

    private static String shown(Lease lease) {
        return lease.key() + " of pool " + lease.pool() + " from " + lease.tunnelSource() + " until " + lease.until();
    }

    private CompletionStage<Outcome> call(ClientId client, ClientCaller.Purpose purpose) {
        Optional<ServerView> server = node.server();
        if (server.isEmpty()) {
            return CompletableFuture.completedStage(new Outcome(Result.NOTHING, NO_SERVER));
        }
        return server.get()
                .call(client, purpose)
                .thenApply(outcome -> new Outcome(
                        outcome == ClientCaller.Outcome.ANSWERED ? Result.DONE : Result.FAILED,
                        sentence(client, outcome),
                        "",
                        outcome.name()));
    }

    /** What became of a call. */
    static String sentence(ClientId client, ClientCaller.Outcome outcome) {
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

    private CompletionStage<Outcome> resync(String tep) {
        LeaseService service = node.leaseService();
        if (service == null) {
            return CompletableFuture.completedStage(new Outcome(Result.NOTHING, NO_SERVER));
        }
        return service.resync(tep)
                .thenApply(there -> there
                        ? new Outcome(
                                Result.DONE,
                                "The table of TEP " + tep
                                        + " is compared with the leases; DSTM-1020 in the log says what differed.")
                        : new Outcome(Result.NOTHING, "The server has no TEP " + tep + "."));
    }

    // Files

    private interface FileWork {
        Outcome done() throws IOException, ConfigException;
    }

    private CompletionStage<Outcome> onFiles(FileWork work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.done();
                    } catch (ConfigException | IllegalArgumentException refused) {
                        return new Outcome(Result.REFUSED, "Nothing was changed: " + refused.getMessage());
                    } catch (IOException unable) {
                        return new Outcome(Result.FAILED, "A file cannot be read or written: " + unable);
                    }
                },
                files);
    }

    private Outcome drain(Order.Drain drain, Caller caller) throws IOException, ConfigException {
        return changed(
                configuration.edit(
                        "io.dstm.pool~" + drain.pool(),
                        "drain",
                        present -> drain.on() ? "true" : "",
                        "drain " + (drain.on() ? "on" : "off") + " by " + caller.name()),
                "Pool " + drain.pool() + (drain.on() ? " drains already." : " does not drain."));
    }

    private Outcome reserve(Order.Reserve reserve, Caller caller) throws IOException, ConfigException {
        if (!reserve.address().matches("[0-9.]+(#[0-9]+)?") || !reserve.client().matches("[A-Za-z0-9:/.-]*")) {
            throw new IllegalArgumentException("a reservation is an address such as 192.0.2.17 or 192.0.2.17#5,"
                    + " and a client such as duid:0003000102000000000a");
        }
        return changed(
                configuration.edit(
                        "io.dstm.pool~" + reserve.pool(),
                        "reservations",
                        present -> reservations(present.get("reservations"), reserve),
                        "reservation by " + caller.name()),
                reserve.address() + " is reserved so already.");
    }

    private static String reservations(@Nullable String present, Order.Reserve wanted) {
        List<String> lines = new ArrayList<>();
        for (String line : present == null ? new String[0] : present.split(",")) {
            if (!line.isBlank() && !line.trim().split("\\s+")[0].equals(wanted.address())) {
                lines.add(line.trim());
            }
        }
        if (!wanted.client().isEmpty()) {
            lines.add(wanted.address() + " " + wanted.client());
        }
        return String.join(", ", lines);
    }

    private static Outcome changed(List<Difference> differences, String nothing) {
        return differences.isEmpty()
                ? new Outcome(Result.NOTHING, nothing)
                : new Outcome(
                        Result.DONE,
                        differences.size() == 1
                                ? "One setting was changed; it takes effect within seconds."
                                : differences.size() + " settings were changed; they take effect within seconds.",
                        sides(differences, Difference::before),
                        sides(differences, Difference::after));
    }

    private interface Side {
        @Nullable
        String of(Difference difference);
    }

    private static String sides(List<Difference> differences, Side side) {
        return differences.stream()
                .map(difference -> difference.file()
                        + (difference.key().isEmpty() ? "" : " " + difference.key())
                        + ": "
                        + Optional.ofNullable(side.of(difference)).orElse("nothing"))
                .collect(Collectors.joining("; "));
    }

    private static Outcome imported(LeaseTransfer.Outcome outcome, Order.Import order) {
        String counts = outcome.leases() + " leases in " + order.file() + ", " + outcome.skipped() + " others skipped, "
                + outcome.imported() + " imported.";
        return outcome.problemCount() == 0
                ? new Outcome(Result.DONE, counts)
                : new Outcome(
                        Result.REFUSED,
                        counts + " " + outcome.problemCount() + " problems, the first: "
                                + outcome.problems().get(0));
    }
}
