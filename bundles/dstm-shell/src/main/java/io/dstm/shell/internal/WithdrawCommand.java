package io.dstm.shell.internal;

import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;

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
        List<String> others = new ArrayList<>();
        for (Lease lease : leases(server.get())) {
            Outcome outcome = perform(order(lease.client()));
            if (outcome.result() == Result.DONE) {
                withdrawn.add(lease.key().toString());
            } else if (outcome.result() == Result.PENDING) {
                others.add("Waiting for the TEP to forget: " + lease.key() + ".");
            } else {
                others.add(outcome.sentence());
            }
        }
        if (withdrawn.isEmpty() && others.isEmpty()) {
            return View.sentence(whom + " has no lease.");
        }
        return View.sentence(((withdrawn.isEmpty() ? "" : did() + ": " + String.join(", ", withdrawn) + ". ")
                        + String.join(" ", others)
                        + after(whom))
                .strip());
    }

    /** What is ordered of each lease. */
    Order order(ClientId holder) {
        return new Order.Revoke(holder);
    }

    /** How it is told. */
    String did() {
        return "Withdrawn";
    }

    /** What became of the client. */
    String after(ClientId whom) {
        return perform(new Order.Call(whom, Purpose.RENEW)).sentence();
    }
}
