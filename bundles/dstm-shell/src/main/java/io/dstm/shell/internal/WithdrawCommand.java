package io.dstm.shell.internal;

import io.dstm.api.lease.ClientCaller.Outcome;
import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.management.NodeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.apache.karaf.shell.api.console.Session;
import org.jspecify.annotations.Nullable;

/** {@code dstm:withdraw}. */
@Service
@Command(
        scope = "dstm",
        name = "withdraw",
        description = "Takes a client's lease back: the TEP drops its packets from then on, the address rests, and the"
                + " client is called so that it learns at once")
public class WithdrawCommand extends ClientCommand {

    @Option(
            name = "--yes",
            aliases = {"-y"},
            description = "Do not ask")
    boolean yes;

    @Reference
    Session session;

    @Override
    View view() {
        ClientId whom = client();
        Optional<NodeView.ServerView> server = node.server();
        if (server.isEmpty()) {
            return NO_SERVER;
        }
        if (!Confirmation.given(session, yes, "Cut " + whom + " off from IPv4?")) {
            return View.sentence("Nothing was withdrawn.");
        }
        List<String> withdrawn = new ArrayList<>();
        List<String> pending = new ArrayList<>();
        for (Lease lease : leases(server.get())) {
            Optional<Boolean> had =
                    await(server.get().revoke(lease.client()).thenApply(Optional::of), Optional.<Boolean>empty());
            if (had.isEmpty()) {
                pending.add(lease.key().toString());
            } else if (had.get()) {
                withdrawn.add(lease.key().toString());
            }
        }
        if (withdrawn.isEmpty() && pending.isEmpty()) {
            return View.sentence(whom + " has no lease.");
        }
        @Nullable
        Outcome outcome = await(
                        server.get().call(whom, Purpose.RENEW).thenApply(Optional::of), Optional.<Outcome>empty())
                .orElse(null);
        return View.sentence((withdrawn.isEmpty() ? "" : "Withdrawn: " + String.join(", ", withdrawn) + ". ")
                + (pending.isEmpty() ? "" : "Waiting for the TEP to forget: " + String.join(", ", pending) + ". ")
                + sentence(whom, outcome));
    }
}
