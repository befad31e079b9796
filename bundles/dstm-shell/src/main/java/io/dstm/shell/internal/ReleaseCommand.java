package io.dstm.shell.internal;

import io.dstm.api.lease.ClientId;
import io.dstm.api.management.Order;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:release}. */
@Service
@Command(
        scope = "dstm",
        name = "release",
        description = "Ends the lease of a client as if the client had given it back; the client is not told")
public class ReleaseCommand extends WithdrawCommand {

    @Override
    Order order(ClientId holder) {
        return new Order.Release(holder);
    }

    @Override
    String did() {
        return "Released";
    }

    @Override
    String after(ClientId whom) {
        return "";
    }
}
