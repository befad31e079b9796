package io.dstm.management.internal;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.management.NodeView;
import io.dstm.api.tep.CounterValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The client in JMX's types. */
final class ClientBean implements ClientMXBean {

    private static final ClientStatus GONE =
            new ClientStatus(ClientStatus.State.FAILED, "the client has stopped", "", "", null, List.of());

    private final NodeView node;

    ClientBean(NodeView node) {
        this.node = node;
    }

    private ClientStatus status() {
        return node.client().orElse(GONE);
    }

    @Override
    public String getState() {
        return status().state().name();
    }

    @Override
    public String getDetail() {
        return status().detail();
    }

    @Override
    public String getDevice() {
        return status().device();
    }

    @Override
    public String getSource() {
        return status().source();
    }

    @Override
    public @Nullable NodeLease getLease() {
        ClientLease lease = status().lease();
        return lease == null
                ? null
                : new NodeLease(
                        lease.key().address().toString(),
                        lease.key().ports().toString(),
                        lease.tunnelSource().toString(),
                        lease.tunnelAddress().toString(),
                        lease.obtained().toString(),
                        lease.expires().toString(),
                        lease.renewable());
    }

    @Override
    public Map<String, CounterValue> getCounters() {
        return TepBean.byName(status().counters());
    }
}
