package io.dstm.console.internal.view;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LatencyHistogram;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.HealthView.Severity;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A node of values, with a name that has to be escaped. */
public final class FakeNode implements NodeView {

    /** The present moment of the tests. */
    public static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    /** Something to say. */
    public static final List<Finding> FINDINGS =
            List.of(new Finding(Severity.WARNING, "pool \"a\\b\"", "It is nearly full.", "Give it more."));

    private static final Ipv6Address SOURCE = Ipv6Address.parse("2001:db8:a::11");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");
    private static final Lease LEASE = new Lease(
            new LeaseKey(Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 5)),
            new ClientId("duid:00030001aabb", 1),
            SOURCE,
            TEP,
            "a\\b",
            LeaseState.ACTIVE,
            NOW,
            NOW.plusSeconds(3600));

    private final boolean empty;

    /** A node with every role, or with none. */
    public FakeNode(boolean empty) {
        this.empty = empty;
    }

    @Override
    public String version() {
        return "1.2.3";
    }

    @Override
    public Optional<ServerView> server() {
        return empty
                ? Optional.empty()
                : Optional.of(new ServerView() {
                    @Override
                    public List<PoolStatus> pools() {
                        return List.of(new PoolStatus(
                                "\"a\\b\"", List.of(Ipv4Range.parse("192.0.2.0/24")), 6, 0, "tep", 100, 90, 2, 3, 1));
                    }

                    @Override
                    public Page<Lease> leases(Query query) {
                        return new Page<>(List.of(LEASE), query.offset(), 7);
                    }

                    @Override
                    public Optional<LatencyHistogram> allocationTimes() {
                        return Optional.of(new LatencyHistogram(
                                List.of(250L, 1_000L, 1_000_000L), List.of(5L, 3L, 1L, 2L), 4_012_345));
                    }
                });
    }

    @Override
    public Map<String, Map<String, Long>> messageCounters() {
        return empty ? Map.of() : Map.of("dhcpv6-server", Map.of("in-solicit", 12L));
    }

    @Override
    public List<TepView> teps() {
        return empty
                ? List.of()
                : List.of(new TepView() {
                    @Override
                    public String name() {
                        return "tep";
                    }

                    @Override
                    public TepStatus status() {
                        return new TepStatus(TepStatus.State.FORWARDING, "", "dstm-tep", "tun", 1500, 1);
                    }

                    @Override
                    public List<CounterValue> counters() {
                        return List.of(
                                new CounterValue("in-all-ipv6", 7, 700), new CounterValue("drop-all-ipv6", 1, 100));
                    }

                    @Override
                    public Page<Binding> bindings(Query query) {
                        return new Page<>(List.of(Binding.of(LEASE)), query.offset(), 1);
                    }
                });
    }

    @Override
    public Optional<ClientStatus> client() {
        return empty
                ? Optional.empty()
                : Optional.of(new ClientStatus(
                        ClientStatus.State.BOUND,
                        "",
                        "dstm0",
                        "dhcpv6",
                        new ClientLease(
                                LEASE.key(),
                                SOURCE,
                                TEP,
                                NOW,
                                Duration.ofMinutes(30),
                                Duration.ofMinutes(48),
                                Duration.ofHours(1)),
                        List.of(new CounterValue("out-all-ipv4", 5, 500))));
    }

    @Override
    public List<ConfigReport.Entry> configurations() {
        return empty
                ? List.of()
                : List.of(
                        new ConfigReport.Entry(
                                "io.dstm.pool~east", false, List.of(new ConfigProblem("ranges", "is required")), NOW),
                        new ConfigReport.Entry("io.dstm.tep", true, List.of(), NOW));
    }
}
