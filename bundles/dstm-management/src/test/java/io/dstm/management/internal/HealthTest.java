package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.HealthView.Severity;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HealthTest {

    private final Node node = new Node();

    /** A node of values. */
    private static final class Node implements NodeView {
        List<PoolStatus> pools = List.of(pool(10, 1, "tep"));
        final List<TepView> teps = new ArrayList<>(List.of(tep(TepStatus.State.FORWARDING, "")));
        ClientStatus client;
        final List<ConfigReport.Entry> configurations = new ArrayList<>();

        @Override
        public String version() {
            return "1";
        }

        @Override
        public Optional<ServerView> server() {
            return Optional.ofNullable(pools).map(list -> new ServerView() {
                @Override
                public List<PoolStatus> pools() {
                    return list;
                }

                @Override
                public Page<Lease> leases(Query query) {
                    throw new AssertionError("a million leases are nobody's health");
                }
            });
        }

        @Override
        public List<TepView> teps() {
            return teps;
        }

        @Override
        public Optional<ClientStatus> client() {
            return Optional.ofNullable(client);
        }

        @Override
        public List<ConfigReport.Entry> configurations() {
            return configurations;
        }
    }

    private static PoolStatus pool(long capacity, long active, String tep) {
        return new PoolStatus("east", List.of(Ipv4Range.parse("192.0.2.0/24")), 0, 0, tep, capacity, active, 0, 0, 0);
    }

    private static NodeView.TepView tep(TepStatus.State state, String detail) {
        return new NodeView.TepView() {
            @Override
            public String name() {
                return "tep";
            }

            @Override
            public TepStatus status() {
                return new TepStatus(state, detail, "dstm-tep", "tun", 1500, 0);
            }

            @Override
            public List<CounterValue> counters() {
                return List.of();
            }

            @Override
            public Page<Binding> bindings(Query query) {
                throw new AssertionError("a million bindings are nobody's health");
            }
        };
    }

    private HeapUse heap = new HeapUse(0, 1);

    private List<Finding> findings() {
        return Health.of(node, heap);
    }

    @Test
    void a_node_that_works_has_nothing_to_say() {
        node.configurations.add(new ConfigReport.Entry("io.dstm.tep", true, List.of(), FakeNode.NOW));
        node.client = new ClientStatus(ClientStatus.State.IDLE, "", "dstm0", "dhcpv6", null, List.of());
        assertThat(findings()).isEmpty();
    }

    @Test
    void what_hinders_a_configuration_in_force_is_told() {
        node.configurations.add(new ConfigReport.Entry(
                "io.dstm.dhcpv6.server",
                true,
                List.of(),
                List.of(new ConfigProblem("interfaces", "interface eth9 is missing or down")),
                FakeNode.NOW));
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
            assertThat(finding.sentence()).contains("interfaces: interface eth9 is missing or down");
            assertThat(finding.advice()).contains("etc/io.dstm.dhcpv6.server.cfg");
        });
    }

    @Test
    void that_a_pool_has_no_tep_is_told_once() {
        node.pools = List.of(pool(10, 1, "other"));
        node.configurations.add(new ConfigReport.Entry(
                "io.dstm.pool~east",
                true,
                List.of(),
                List.of(new ConfigProblem("tep", "there is no TEP named other")),
                FakeNode.NOW));
        assertThat(findings()).singleElement().satisfies(finding -> assertThat(finding.severity())
                .isEqualTo(Severity.FAILING));
    }

    @Test
    void a_tep_that_forwards_tells_what_is_wrong_nevertheless() {
        node.teps.set(0, tep(TepStatus.State.FORWARDING, "no interface has the tunnel address 2001:db8::1"));
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
            assertThat(finding.sentence()).contains("no interface has the tunnel address 2001:db8::1");
        });
    }

    @Test
    void a_heap_that_is_full_of_what_is_in_use_is_told_before_everything_slows_down() {
        heap = new HeapUse(849L << 20, 1000L << 20);
        assertThat(findings()).isEmpty();
        heap = new HeapUse(850L << 20, 1000L << 20);
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
            assertThat(finding.sentence()).contains("850 of 1000 MB");
            assertThat(finding.advice()).contains("DSTM_HEAP");
        });
    }

    @Test
    void what_of_the_heap_is_in_use_is_known_after_a_collection() {
        System.gc();
        HeapUse use = HeapUse.now();
        assertThat(use.used()).isPositive().isLessThanOrEqualTo(use.most());
        assertThat(use.isNearlyFull()).isFalse();
    }

    @Test
    void a_node_without_a_role_is_not_ready() {
        node.pools = null;
        node.teps.clear();
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.NOT_READY);
            assertThat(finding.advice()).contains("etc/io.dstm.server.cfg");
        });
    }

    @Test
    void a_refused_configuration_is_named_with_its_file_and_every_problem() {
        node.configurations.add(new ConfigReport.Entry(
                "io.dstm.pool~east",
                false,
                List.of(new ConfigProblem("ranges", "is required"), new ConfigProblem("rnges", "is not a known key")),
                FakeNode.NOW));
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.WARNING);
            assertThat(finding.sentence()).contains("ranges: is required; rnges: is not a known key.");
            assertThat(finding.advice()).contains("etc/io.dstm.pool-east.cfg");
        });
    }

    @ParameterizedTest
    @CsvSource({"10, 8, ", "10, 9, WARNING", "1000, 899, ", "1000, 900, WARNING", "10, 10, FAILING", "0, 0, "})
    void a_pool_is_judged_by_what_is_left(long capacity, long active, Severity expected) {
        node.pools = List.of(pool(capacity, active, "tep"));
        assertThat(findings().stream().map(Finding::severity).findFirst()).isEqualTo(Optional.ofNullable(expected));
    }

    @Test
    void a_server_without_a_pool_is_not_ready() {
        node.pools = List.of();
        assertThat(findings()).extracting(Finding::severity).containsExactly(Severity.NOT_READY);
    }

    @Test
    void a_pool_whose_tep_is_missing_fails() {
        node.pools = List.of(pool(10, 1, "west"));
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Severity.FAILING);
            assertThat(finding.sentence()).contains("'west'");
        });
    }

    @ParameterizedTest
    @CsvSource({"WAITING, NOT_READY", "FAILED, FAILING", "STOPPED, FAILING"})
    void a_tep_that_does_not_forward_says_why(TepStatus.State state, Severity expected) {
        node.teps.set(0, tep(state, "no /dev/net/tun"));
        assertThat(findings()).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(expected);
            assertThat(finding.subject()).isEqualTo("TEP tep");
            assertThat(finding.sentence()).contains("no /dev/net/tun");
        });
    }

    @Test
    void a_client_that_failed_says_why_and_the_worst_comes_first() {
        node.pools = List.of();
        node.client = new ClientStatus(ClientStatus.State.FAILED, "no device", "dstm0", "", null, List.of());
        assertThat(findings()).extracting(Finding::severity).containsExactly(Severity.FAILING, Severity.NOT_READY);
        assertThat(findings().get(0).sentence()).contains("no device");
    }
}
