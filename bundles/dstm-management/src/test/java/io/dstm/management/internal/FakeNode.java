package io.dstm.management.internal;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.MessageCounters;
import io.dstm.api.management.Operations;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

/** A node whose roles a test puts there and takes away. */
final class FakeNode extends LocalNode {

    static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    static final Ipv6Address TEP = Ipv6Address.parse("2001:db8:1::1");

    LeaseService leases;
    Ipv4OnDemand client;
    final List<TunnelEndPoint> teps = new ArrayList<>();
    final List<ConfigReport> reports = new ArrayList<>();
    final List<ClientCaller> callers = new ArrayList<>();
    final List<MessageCounters> endpoints = new ArrayList<>();
    Operations operations;
    ConfigHistory history;

    static Lease lease(String address, PortSet ports, String duid, String tunnelSource) {
        return new Lease(
                new LeaseKey(Ipv4Address.parse(address), ports),
                new ClientId("duid:" + duid, 1),
                Ipv6Address.parse(tunnelSource),
                TEP,
                "example",
                LeaseState.ACTIVE,
                NOW,
                NOW.plusSeconds(3600));
    }

    static LeaseService server(List<Lease> leases) {
        return server(leases, new ArrayList<>());
    }

    static LeaseService server(List<Lease> leases, List<ClientId> revoked) {
        PoolStatus pool = new PoolStatus(
                "example", List.of(Ipv4Range.parse("192.0.2.0/24")), 0, 0, "tep", 254, leases.size(), 2, 3, 0);
        return only(
                LeaseService.class,
                Map.of(
                        "pools",
                        arguments -> List.of(pool),
                        "leaseOf",
                        arguments -> leases.stream()
                                .filter(lease -> lease.client().equals(arguments[0]) && !revoked.contains(arguments[0]))
                                .findFirst(),
                        "revoke",
                        arguments -> CompletableFuture.completedStage(revoked.add((ClientId) arguments[0])),
                        "release",
                        arguments -> CompletableFuture.completedStage(revoked.add((ClientId) arguments[0])),
                        "resync",
                        arguments -> CompletableFuture.completedStage(arguments[0].equals("tep")),
                        "forEachLease",
                        arguments -> {
                            Predicate<LeaseKey> wanted = arguments.length == 2 ? predicate(arguments) : key -> true;
                            leases.stream()
                                    .filter(lease -> wanted.test(lease.key()))
                                    .forEach(consumer(arguments));
                            return null;
                        }));
    }

    static TunnelEndPoint tep(String name, List<Binding> bindings) {
        return only(
                TunnelEndPoint.class,
                Map.of(
                        "name",
                        arguments -> name,
                        "status",
                        arguments ->
                                new TepStatus(TepStatus.State.FORWARDING, "", "dstm-tep", "tun", 1500, bindings.size()),
                        "counters",
                        arguments -> List.of(new CounterValue("in-ipv6", 7, 700)),
                        "forEachBinding",
                        arguments -> {
                            bindings.forEach(consumer(arguments));
                            return null;
                        }));
    }

    static Ipv4OnDemand client(ClientLease lease) {
        return only(
                Ipv4OnDemand.class,
                Map.of(
                        "status",
                        arguments -> new ClientStatus(
                                lease == null ? ClientStatus.State.IDLE : ClientStatus.State.BOUND,
                                "",
                                "dstm0",
                                "dhcpv6",
                                lease,
                                List.of(new CounterValue("out-ipv4", 5, 500)))));
    }

    static ClientLease clientLease() {
        return new ClientLease(
                new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL),
                Ipv6Address.parse("2001:db8::2"),
                TEP,
                NOW,
                Duration.ofMinutes(30),
                Duration.ofMinutes(48),
                Duration.ofHours(1));
    }

    @SuppressWarnings("unchecked")
    private static <T> Consumer<T> consumer(Object[] arguments) {
        return (Consumer<T>) arguments[arguments.length - 1];
    }

    @SuppressWarnings("unchecked")
    private static <T> Predicate<T> predicate(Object[] arguments) {
        return (Predicate<T>) arguments[0];
    }

    /** A service of which a view may call nothing but the methods given here. */
    static <T> T only(Class<T> type, Map<String, Function<Object[], Object>> methods) {
        return type.cast(
                Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (method.getName().equals("equals")) {
                        return proxy == arguments[0];
                    }
                    if (method.getName().equals("hashCode")) {
                        return System.identityHashCode(proxy);
                    }
                    Function<Object[], Object> answer = methods.get(method.getName());
                    if (answer == null) {
                        throw new UnsupportedOperationException(method.getName());
                    }
                    return answer.apply(arguments);
                }));
    }

    @Override
    public String version() {
        return "1.2.3";
    }

    @Override
    protected LeaseService leaseService() {
        return leases;
    }

    @Override
    protected Collection<TunnelEndPoint> tunnelEndPoints() {
        return teps;
    }

    @Override
    protected Ipv4OnDemand ipv4OnDemand() {
        return client;
    }

    @Override
    protected Collection<ConfigReport> configReports() {
        return reports;
    }

    @Override
    protected Collection<ClientCaller> clientCallers() {
        return callers;
    }

    @Override
    protected Collection<MessageCounters> endpoints() {
        return endpoints;
    }

    @Override
    protected Operations operations() {
        return operations;
    }

    @Override
    protected ConfigHistory configHistory() {
        return history;
    }
}
