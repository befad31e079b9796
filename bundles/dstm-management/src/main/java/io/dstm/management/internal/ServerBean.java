package io.dstm.management.internal;

import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv4Range;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The server in JMX's types. */
final class ServerBean implements ServerMXBean {

    private static final long PATIENCE_SECONDS = 5;

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
                pool.reserved(),
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

    @Override
    public String call(String client, String purpose) {
        ClientCaller.Purpose wanted =
                ClientCaller.Purpose.valueOf(purpose.trim().toUpperCase(Locale.ROOT));
        ClientId whom = ClientId.parse(client.trim());
        return within(
                node.server()
                        .<CompletionStage<String>>map(
                                server -> server.call(whom, wanted).thenApply(Enum::name))
                        .orElse(CompletableFuture.completedStage(ClientCaller.Outcome.UNAVAILABLE.name())),
                "CALLING");
    }

    @Override
    public boolean withdraw(String client) {
        ClientId whom = ClientId.parse(client.trim());
        return node.server()
                .map(server -> {
                    boolean had = within(server.revoke(whom), false);
                    if (had) {
                        var unused = server.call(whom, ClientCaller.Purpose.RENEW);
                    }
                    return had;
                })
                .orElse(false);
    }

    /** What a stage gives soon, else {@code otherwise}: JMX clients wait on a thread. */
    private static <T> T within(CompletionStage<T> stage, T otherwise) {
        try {
            return stage.toCompletableFuture().copy().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException late) {
            return otherwise;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return otherwise;
        } catch (ExecutionException failed) {
            throw new IllegalStateException("the server failed: " + failed.getCause(), failed);
        }
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
