package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientCaller.Outcome;
import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.management.MessageCounters;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class LocalNodeTest {

    private static final Lease FIRST = FakeNode.lease("192.0.2.1", PortSet.FULL, "0001aa", "2001:db8::a");
    private static final Lease SECOND = FakeNode.lease("192.0.2.2", new PortSet(0, 6, 5), "0001bb", "2001:db8::b");
    private static final Lease THIRD = FakeNode.lease("198.51.100.1", PortSet.FULL, "0001cc", "2001:db8::c");

    private final FakeNode node = new FakeNode();

    private static Query client(String client) {
        return new Query(client, null, 0, 10);
    }

    @Test
    void has_nothing_to_say_without_roles() {
        assertThat(node.server()).isEmpty();
        assertThat(node.teps()).isEmpty();
        assertThat(node.client()).isEmpty();
        assertThat(node.configurations()).isEmpty();
    }

    @Test
    void finds_leases_by_part_of_the_identity_by_tunnel_source_and_by_prefix() {
        node.leases = FakeNode.server(List.of(THIRD, SECOND, FIRST));
        NodeView.ServerView server = node.server().orElseThrow();

        assertThat(server.leases(Query.first(10)).items()).containsExactly(FIRST, SECOND, THIRD);
        assertThat(server.leases(client("0001BB")).items()).containsExactly(SECOND);
        assertThat(server.leases(client("2001:0DB8:0:0::c")).items()).containsExactly(THIRD);
        assertThat(server.leases(new Query(null, Ipv4Prefix.parse("192.0.2.0/24"), 1, 10))
                        .items())
                .containsExactly(SECOND);
        assertThat(server.leases(client("nobody")).total()).isZero();
    }

    @Test
    void finds_bindings_by_the_client_of_the_lease_when_the_server_is_here() {
        node.teps.add(FakeNode.tep("tep", List.of(Binding.of(SECOND), Binding.of(FIRST))));
        assertThat(node.teps().get(0).bindings(client("0001bb")).items()).isEmpty();
        assertThat(node.teps().get(0).bindings(client("2001:db8::b")).items()).containsExactly(Binding.of(SECOND));

        node.leases = FakeNode.server(List.of(FIRST, SECOND));
        assertThat(node.teps().get(0).bindings(client("0001bb")).items()).containsExactly(Binding.of(SECOND));
        assertThat(node.teps().get(0).bindings(Query.first(1)).items()).containsExactly(Binding.of(FIRST));
    }

    @Test
    void shows_teps_in_order_of_name_and_configurations_in_order_of_pid() {
        node.teps.add(FakeNode.tep("west", List.of()));
        node.teps.add(FakeNode.tep("east", List.of()));
        node.reports.add(() -> List.of(new ConfigReport.Entry("io.dstm.tep", true, List.of(), FakeNode.NOW)));
        node.reports.add(() -> List.of(new ConfigReport.Entry("io.dstm.pool~a", true, List.of(), FakeNode.NOW)));

        assertThat(node.teps()).extracting(NodeView.TepView::name).containsExactly("east", "west");
        assertThat(node.configurations())
                .extracting(ConfigReport.Entry::pid)
                .containsExactly("io.dstm.pool~a", "io.dstm.tep");
    }

    @Test
    void calls_a_client_by_the_protocol_that_can() {
        node.leases = FakeNode.server(List.of(FIRST));
        NodeView.ServerView server = node.server().orElseThrow();
        assertThat(server.call(FIRST.client(), Purpose.RENEW).toCompletableFuture())
                .isCompletedWithValue(Outcome.UNAVAILABLE);

        node.callers.add(new Caller("tsp", null, Outcome.ANSWERED));
        node.callers.add(new Caller("dhcpv6", FIRST.client(), Outcome.NO_ANSWER));
        server = node.server().orElseThrow();
        assertThat(server.call(FIRST.client(), Purpose.RENEW).toCompletableFuture())
                .isCompletedWithValue(Outcome.NO_ANSWER);
        assertThat(server.call(SECOND.client(), Purpose.RENEW).toCompletableFuture())
                .isCompletedWithValue(Outcome.NOT_CALLABLE);
    }

    @Test
    void finds_leases_by_a_port_of_theirs() {
        node.leases = FakeNode.server(List.of(FIRST, SECOND, THIRD));
        NodeView.ServerView server = node.server().orElseThrow();
        assertThat(server.leases(new Query(null, Ipv4Prefix.parse("192.0.2.0/24"), 5200, 0, 10))
                        .items())
                .containsExactly(FIRST, SECOND);
        assertThat(server.leases(new Query(null, null, 80, 0, 10)).items()).containsExactly(FIRST, THIRD);
    }

    @Test
    void shows_how_the_messages_of_each_endpoint_ended() {
        node.endpoints.add(new MessageCounters() {

            @Override
            public String endpoint() {
                return "dhcpv6-server";
            }

            @Override
            public Map<String, Long> messageCounters() {
                return Map.of("sent-reply", 3L);
            }
        });
        assertThat(node.messageCounters()).isEqualTo(Map.of("dhcpv6-server", Map.of("sent-reply", 3L)));
    }

    /** A protocol that can call one client. */
    static final class Caller implements ClientCaller {

        private final String name;
        private final ClientId callable;
        private final Outcome outcome;
        final List<Purpose> called = new ArrayList<>();

        Caller(String name, ClientId callable, Outcome outcome) {
            this.name = name;
            this.callable = callable;
            this.outcome = outcome;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public boolean isCallable(ClientId client) {
            return client.equals(callable);
        }

        @Override
        public CompletionStage<Outcome> call(ClientId client, Purpose purpose) {
            called.add(purpose);
            return CompletableFuture.completedStage(outcome);
        }
    }
}
