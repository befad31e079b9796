package io.dstm.management.internal;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv4Range;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** The server in JMX's types. */
final class ServerBean implements ServerMXBean {

    private final NodeView node;
    private final JmxDoor door;

    ServerBean(NodeView node, JmxDoor door) {
        this.node = node;
        this.door = door;
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
                pool.reserved(),
                pool.free(),
                pool.drains());
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
        return page(query(client, address, offset, limit));
    }

    private LeasePage page(Query query) {
        Page<Lease> page =
                node.server().map(server -> server.leases(query)).orElse(new Page<>(List.of(), query.offset(), 0));
        return new LeasePage(page.items().stream().map(ServerBean::lease).toList(), page.offset(), page.total());
    }

    @Override
    public LeasePage findLeasesByPort(String client, String address, int port, int offset, int limit) {
        Query wanted = query(client, address, offset, limit);
        return page(new Query(wanted.client(), wanted.address(), port < 0 ? null : port, offset, limit));
    }

    @Override
    public String call(String client, String purpose) {
        Outcome outcome = door.perform(Order.parse("call", Map.of("client", client, "purpose", purpose)));
        return outcome.after().isEmpty() ? "CALLING" : outcome.after();
    }

    @Override
    public boolean withdraw(String client) {
        Result result =
                door.perform(new Order.Revoke(ClientId.parse(client.trim()))).result();
        return result == Result.DONE || result == Result.PENDING;
    }

    @Override
    public OutcomeData release(String client) {
        return OutcomeData.of(door.perform(new Order.Release(ClientId.parse(client.trim()))));
    }

    @Override
    public OutcomeData revoke(String client) {
        return OutcomeData.of(door.perform(new Order.Revoke(ClientId.parse(client.trim()))));
    }

    @Override
    public OutcomeData reserve(String pool, String address, String client) {
        return OutcomeData.of(door.perform(new Order.Reserve(pool.trim(), address.trim(), client.trim())));
    }

    @Override
    public OutcomeData drain(String pool, boolean on) {
        return OutcomeData.of(door.perform(new Order.Drain(pool.trim(), on)));
    }

    @Override
    public OutcomeData resync(String tep) {
        return OutcomeData.of(door.perform(new Order.Resync(tep.trim())));
    }

    @Override
    public OutcomeData exportLeases(String file) {
        return OutcomeData.of(door.perform(new Order.Export(Path.of(file))));
    }

    @Override
    public HistoryPage history(String address, int port, String client, String from, String to, int offset, int limit) {
        LeaseHistory.Question question = new LeaseHistory.Question(
                address.isBlank() ? null : Ipv4Address.parse(address.trim()),
                port < 0 ? null : port,
                client.isBlank() ? null : client.trim(),
                from.isBlank() ? Instant.EPOCH : Instant.parse(from.trim()),
                to.isBlank() ? LeaseHistory.NO_END : Instant.parse(to.trim()),
                offset,
                limit);
        LeaseHistory history =
                node.history().orElseThrow(() -> new IllegalStateException("no store of leases is open on this node"));
        try {
            LeaseHistory.Answer answer = history.find(question);
            return new HistoryPage(
                    answer.entries().stream().map(ServerBean::entry).toList(), answer.offset(), answer.total());
        } catch (LeaseStoreException failed) {
            // A remote client need not have the class, and the message is for operators.
            throw new IllegalStateException(failed.getMessage());
        }
    }

    private static HistoryData entry(LeaseHistory.Entry entry) {
        return new HistoryData(
                entry.key().address().toString(),
                entry.key().ports().toString(),
                entry.client().toString(),
                entry.tunnelSource().toString(),
                entry.tunnelAddress().toString(),
                entry.pool(),
                entry.from().toString(),
                entry.to().toString(),
                entry.end().name());
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
