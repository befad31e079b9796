package io.dstm.management.internal;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LatencyHistogram;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.MessageCounters;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.PacketTrace;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.WeakHashMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** The view of the services that are there at the moment of asking. */
abstract class LocalNode implements NodeView {

    /** Of the leases of a service and of the bindings of a TEP, as long as it is there. */
    private final Map<Object, ListOrder> orders = Collections.synchronizedMap(new WeakHashMap<>());

    /** The server's service; {@code null} while there is none. */
    protected abstract @Nullable LeaseService leaseService();

    /** Every TEP there is. */
    protected abstract Collection<TunnelEndPoint> tunnelEndPoints();

    /** The client's service; {@code null} while there is none. */
    protected abstract @Nullable Ipv4OnDemand ipv4OnDemand();

    /** What the bundles say of their configurations. */
    protected abstract Collection<ConfigReport> configReports();

    /** The log of holders; {@code null} while there is none. */
    protected @Nullable LeaseHistory leaseHistory() {
        return null;
    }

    /** The configurations that were; {@code null} while nobody keeps them. */
    protected @Nullable ConfigHistory configHistory() {
        return null;
    }

    /** Who carries orders out; {@code null} while nobody does. */
    protected @Nullable Operations operations() {
        return null;
    }

    /** Who can call clients. */
    protected Collection<ClientCaller> clientCallers() {
        return List.of();
    }

    /** Who counts messages. */
    protected Collection<MessageCounters> endpoints() {
        return List.of();
    }

    private ListOrder order(Object list) {
        return orders.computeIfAbsent(list, one -> new ListOrder());
    }

    @Override
    public Optional<ServerView> server() {
        return Optional.ofNullable(leaseService()).map(service -> new Server(service, clientCallers(), order(service)));
    }

    @Override
    public Optional<LeaseHistory> history() {
        return Optional.ofNullable(leaseHistory());
    }

    @Override
    public Map<String, Map<String, Long>> messageCounters() {
        Map<String, Map<String, Long>> counters = new TreeMap<>();
        endpoints().forEach(endpoint -> counters.put(endpoint.endpoint(), new TreeMap<>(endpoint.messageCounters())));
        return counters;
    }

    @Override
    public List<TepView> teps() {
        return tunnelEndPoints().stream()
                .sorted(Comparator.comparing(TunnelEndPoint::name))
                .<TepView>map(tep -> new Tep(tep, leaseService(), order(tep)))
                .toList();
    }

    @Override
    public Optional<ClientStatus> client() {
        return Optional.ofNullable(ipv4OnDemand()).map(Ipv4OnDemand::status);
    }

    @Override
    public List<ConfigReport.Entry> configurations() {
        return configReports().stream()
                .flatMap(report -> report.entries().stream())
                .sorted(Comparator.comparing(ConfigReport.Entry::pid))
                .toList();
    }

    private record Server(LeaseService service, Collection<ClientCaller> callers, ListOrder order)
            implements ServerView {

        @Override
        public CompletionStage<ClientCaller.Outcome> call(ClientId client, ClientCaller.Purpose purpose) {
            for (ClientCaller caller : callers) {
                if (caller.isCallable(client)) {
                    return caller.call(client, purpose);
                }
            }
            return CompletableFuture.completedStage(
                    callers.isEmpty() ? ClientCaller.Outcome.UNAVAILABLE : ClientCaller.Outcome.NOT_CALLABLE);
        }

        @Override
        public CompletionStage<Boolean> revoke(ClientId client) {
            return service.revoke(client, null);
        }

        @Override
        public Optional<Lease> leaseOf(ClientId client) {
            return service.leaseOf(client);
        }

        @Override
        public Optional<LatencyHistogram> allocationTimes() {
            return service.allocationTimes();
        }

        @Override
        public List<PoolStatus> pools() {
            return service.pools();
        }

        @Override
        public Page<Lease> leases(Query query) {
            ClientFilter filter = ClientFilter.of(query);
            return order.page(
                    query,
                    Lease::key,
                    filter.matchesAnybody() ? null : filter::matches,
                    service::forEachLease,
                    service::forEachLeaseOf);
        }
    }

    private record Tep(TunnelEndPoint tep, @Nullable LeaseService leases, ListOrder order) implements TepView {

        @Override
        public String name() {
            return tep.name();
        }

        @Override
        public TepStatus status() {
            return tep.status();
        }

        @Override
        public List<CounterValue> counters() {
            return tep.counters();
        }

        @Override
        public Optional<PacketTrace> trace(String counter, int count) {
            return tep.trace(counter, count);
        }

        @Override
        public void endTrace() {
            tep.endTrace();
        }

        /** A binding does not say who the client is; where the server is on the same node its leases do. */
        @Override
        public Page<Binding> bindings(Query query) {
            ClientFilter filter = ClientFilter.of(query);
            Set<LeaseKey> held = new HashSet<>();
            if (leases != null && !filter.matchesAnybody()) {
                leases.forEachLease(lease -> {
                    if (filter.matches(lease)) {
                        held.add(lease.key());
                    }
                });
            }
            return order.page(
                    query,
                    Binding::key,
                    filter.matchesAnybody()
                            ? null
                            : binding -> filter.matches(binding.tunnelSource()) || held.contains(binding.key()),
                    tep::forEachBinding,
                    tep::forEachBindingOf);
        }
    }
}
