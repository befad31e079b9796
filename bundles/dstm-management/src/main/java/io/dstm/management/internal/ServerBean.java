package io.dstm.management.internal;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv4Range;
import java.util.List;

/** The server in JMX's types. */
final class ServerBean implements ServerMXBean {

    private final NodeView node;

    ServerBean(NodeView node) {
        this.node = node;
    }

    private List<PoolStatus> pools() {
        return node.server().map(NodeView.ServerView::pools).orElse(List.of());
    }

    @Override
    public List<Pool> getPools() {
        return pools().stream().map(ServerBean::pool).toList();
    }

    private static Pool pool(PoolStatus pool) {
        return new Pool(
                pool.name(),
                pool.ranges().stream().map(Ipv4Range::toString).toList(),
                pool.psidLength(),
                pool.psidOffset(),
                pool.tep(),
                pool.capacity(),
                pool.active(),
                pool.offered(),
                pool.quarantined(),
                pool.draining(),
                pool.free());
    }

    @Override
    public long getActiveLeases() {
        return pools().stream().mapToLong(PoolStatus::active).sum();
    }

    @Override
    public long getFreeLeases() {
        return pools().stream().mapToLong(PoolStatus::free).sum();
    }

    @Override
    public LeasePage leases(int offset, int limit) {
        return findLeases("", "", offset, limit);
    }

    @Override
    public LeasePage findLeases(String client, String address, int offset, int limit) {
        Page<Lease> page = node.server()
                .map(server -> server.leases(query(client, address, offset, limit)))
                .orElse(new Page<>(List.of(), offset, 0));
        return new LeasePage(page.items().stream().map(ServerBean::lease).toList(), page.offset(), page.total());
    }

    /** A query as JMX clients write it, with empty texts for what is not asked. */
    static Query query(String client, String address, int offset, int limit) {
        return new Query(
                client.isBlank() ? null : client.trim(),
                address.isBlank() ? null : Ipv4Prefix.parse(address.trim()),
                offset,
                limit);
    }

    private static LeaseData lease(Lease lease) {
        return new LeaseData(
                lease.address().toString(),
                lease.ports().toString(),
                lease.client().toString(),
                lease.tunnelSource().toString(),
                lease.tunnelAddress().toString(),
                lease.pool(),
                lease.state().name(),
                lease.since().toString(),
                lease.until().toString());
    }
}
