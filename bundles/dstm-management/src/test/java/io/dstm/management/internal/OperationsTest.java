package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigCheck;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.management.Caller;
import io.dstm.api.management.LeaseTransfer;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import io.dstm.api.management.Role;
import io.dstm.api.net.PortSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Principal;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.Subject;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Orders: who may give which, what they do, and what the audit says. */
class OperationsTest {

    private static final Lease LEASE = FakeNode.lease("192.0.2.1", PortSet.FULL, "0001aa", "2001:db8::a");
    private static final ClientId NOBODY = new ClientId("duid:ffff", 1);
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    @TempDir
    private Path directory;

    private final FakeNode node = new FakeNode();
    private final List<ClientId> ended = new ArrayList<>();
    private final List<String> audit = new ArrayList<>();
    private AuditedOperations operations;

    private final LeaseTransfer transfer = new LeaseTransfer() {

        @Override
        public long exportTo(Path file) throws IOException {
            if (file.toString().contains("full")) {
                throw new IOException("no space left");
            }
            return 3;
        }

        @Override
        public Outcome importFrom(Path file, boolean trial) {
            return file.toString().contains("odd")
                    ? new Outcome(2, 0, 0, List.of("lease 1: is odd"), 1)
                    : new Outcome(2, 1, 2, List.of(), 0);
        }
    };

    private final ConfigCheck check = ConfigCheck.of("io.dstm.pool", properties -> {
        ConfigReader reader = new ConfigReader(properties);
        reader.text("ranges");
        reader.flag("drain", false);
        reader.list("reservations", text -> {
            if (!text.startsWith("192.0.2.")) {
                throw new IllegalArgumentException("'" + text + "' is not of this pool");
            }
            return text;
        });
        reader.finish();
    });

    @BeforeEach
    void start() throws Exception {
        Path etc = Files.createDirectories(directory.resolve("etc"));
        Files.writeString(etc.resolve("io.dstm.pool-main.cfg"), "# The pool.\nranges = 192.0.2.0/24\n");
        ConfigKeeper keeper = new ConfigKeeper(
                new ConfigFiles(etc),
                new ConfigArchive(directory.resolve("history"), ConfigKeeper.MOST),
                List::of,
                () -> List.of(check),
                () -> NOW);
        node.leases = FakeNode.server(List.of(LEASE), ended);
        operations = new AuditedOperations(
                new LocalOperations(node, keeper, transfer, Runnable::run), audit::add, () -> NOW);
        node.operations = operations;
        node.history = keeper;
    }

    private static Caller caller(Role role) {
        return new Caller("ada", Optional.ofNullable(role), "rest", "192.0.2.9");
    }

    private Outcome perform(Role role, Order order) {
        return operations
                .perform(caller(role), order, Duration.ofMinutes(1))
                .toCompletableFuture()
                .join();
    }

    private String pool() throws IOException {
        return Files.readString(directory.resolve("etc/io.dstm.pool-main.cfg"));
    }

    private static final List<Order> ORDERS = List.of(
            new Order.Release(LEASE.client()),
            new Order.Revoke(LEASE.client()),
            new Order.Call(LEASE.client(), Purpose.RENEW),
            new Order.Reserve("main", "192.0.2.7", "duid:0003"),
            new Order.Drain("main", true),
            new Order.Resync("tep"),
            new Order.Reload(),
            new Order.RollBack(1, false),
            new Order.Export(Path.of("leases.json")),
            new Order.Import(Path.of("leases.json"), false));

    @Test
    void nobody_without_a_role_and_no_viewer_changes_anything() throws Exception {
        String before = pool();
        for (Role role : new Role[] {null, Role.VIEWER}) {
            for (Order order : ORDERS) {
                assertThat(perform(role, order).result()).as(order.name()).isEqualTo(Result.FORBIDDEN);
            }
        }
        assertThat(ended).isEmpty();
        assertThat(pool()).isEqualTo(before);
        assertThat(audit).hasSize(2 * ORDERS.size()).allMatch(line -> line.contains("\"result\":\"forbidden\""));
    }

    @ParameterizedTest
    @EnumSource
    void each_order_is_for_its_role_and_those_above(Role role) {
        for (Order order : ORDERS) {
            assertThat(perform(role, order).result() == Result.FORBIDDEN)
                    .as("%s gives %s", role, order)
                    .isNotEqualTo(role.includes(order.needed()));
        }
    }

    @Test
    void operators_end_a_lease_and_the_audit_says_what_it_was() {
        LocalNodeTest.Caller protocol =
                new LocalNodeTest.Caller("dhcpv6", LEASE.client(), ClientCaller.Outcome.ANSWERED);
        node.callers.add(protocol);
        assertThat(perform(Role.OPERATOR, new Order.Revoke(LEASE.client())))
                .isEqualTo(new Outcome(
                        Result.DONE,
                        "192.0.2.1 is taken back.",
                        "192.0.2.1 of pool example from 2001:db8::a until 2026-11-21T13:00:00Z",
                        "no lease"));
        assertThat(protocol.called).containsExactly(Purpose.RENEW);
        assertThat(audit)
                .containsExactly("{\"time\":\"2026-11-21T12:00:00Z\",\"who\":\"ada\",\"role\":\"operator\","
                        + "\"door\":\"rest\",\"from\":\"192.0.2.9\",\"what\":\"revoke\","
                        + "\"arguments\":{\"client\":\"duid:0001aa/1\"},"
                        + "\"before\":\"192.0.2.1 of pool example from 2001:db8::a until 2026-11-21T13:00:00Z\","
                        + "\"after\":\"no lease\",\"result\":\"done\",\"sentence\":\"192.0.2.1 is taken back.\"}");
        assertThat(perform(Role.OPERATOR, new Order.Revoke(LEASE.client())).result())
                .isEqualTo(Result.NOTHING);
        assertThat(perform(Role.OPERATOR, new Order.Release(NOBODY)).sentence()).isEqualTo("duid:ffff/1 has no lease.");
    }

    @Test
    void a_name_with_a_line_break_stays_one_line_of_the_audit() {
        operations.perform(
                new Caller("a\nb\"", Optional.of(Role.ADMIN), "rest", "::1"),
                new Order.Reload(),
                Duration.ofMinutes(1));
        assertThat(audit).singleElement().asString().doesNotContain("\n").contains("\"who\":\"a\\nb\\\"\"");
    }

    @Test
    void a_node_without_a_server_says_so() {
        node.leases = null;
        for (Order order : List.of(
                new Order.Revoke(NOBODY),
                new Order.Release(NOBODY),
                new Order.Call(NOBODY, Purpose.RENEW),
                new Order.Resync("tep"))) {
            assertThat(perform(Role.OPERATOR, order))
                    .isEqualTo(new Outcome(Result.NOTHING, "This node has no server."));
        }
    }

    @ParameterizedTest
    @EnumSource
    void what_became_of_a_call_is_said(ClientCaller.Outcome each) {
        node.callers.add(new LocalNodeTest.Caller("dhcpv6", LEASE.client(), each));
        Outcome outcome = perform(Role.OPERATOR, new Order.Call(LEASE.client(), Purpose.REBIND));
        assertThat(outcome.after()).isEqualTo(each.name());
        assertThat(outcome.sentence()).isNotBlank();
        assertThat(outcome.result() == Result.DONE).isEqualTo(each == ClientCaller.Outcome.ANSWERED);
    }

    @Test
    void what_takes_long_goes_on_without_its_caller() {
        ClientCaller slow = new ClientCaller() {

            @Override
            public String name() {
                return "slow";
            }

            @Override
            public boolean isCallable(ClientId client) {
                return true;
            }

            @Override
            public java.util.concurrent.CompletionStage<Outcome> call(ClientId client, Purpose purpose) {
                return new java.util.concurrent.CompletableFuture<>();
            }
        };
        node.callers.add(slow);
        assertThat(operations
                        .perform(
                                caller(Role.OPERATOR),
                                new Order.Call(LEASE.client(), Purpose.RENEW),
                                Duration.ofMillis(1))
                        .toCompletableFuture()
                        .join()
                        .result())
                .isEqualTo(Result.PENDING);
    }

    @Test
    void a_pool_drains_and_lends_again_by_a_line_of_its_file() throws Exception {
        Outcome outcome = perform(Role.ADMIN, new Order.Drain("main", true));
        assertThat(outcome.result()).isEqualTo(Result.DONE);
        assertThat(outcome.before()).isEqualTo("io.dstm.pool-main.cfg drain: nothing");
        assertThat(outcome.after()).isEqualTo("io.dstm.pool-main.cfg drain: true");
        assertThat(pool()).isEqualTo("# The pool.\nranges = 192.0.2.0/24\ndrain = true\n");
        assertThat(perform(Role.ADMIN, new Order.Drain("main", true)).result()).isEqualTo(Result.NOTHING);
        assertThat(perform(Role.ADMIN, new Order.Drain("main", false)).result()).isEqualTo(Result.DONE);
        assertThat(pool()).isEqualTo("# The pool.\nranges = 192.0.2.0/24\n");
        assertThat(perform(Role.ADMIN, new Order.Drain("none", true)).sentence())
                .contains("there is no file etc/io.dstm.pool-none.cfg");
    }

    @Test
    void reservations_come_and_go_and_wrong_ones_change_nothing() throws Exception {
        perform(Role.ADMIN, new Order.Reserve("main", "192.0.2.7", "duid:0003"));
        perform(Role.ADMIN, new Order.Reserve("main", "192.0.2.8", "hw:02:00:00:00:00:01"));
        perform(Role.ADMIN, new Order.Reserve("main", "192.0.2.7", "duid:0004"));
        assertThat(pool()).endsWith("\nreservations = 192.0.2.8 hw:02:00:00:00:00:01, 192.0.2.7 duid:0004\n");
        String before = pool();
        assertThat(perform(Role.ADMIN, new Order.Reserve("main", "198.51.100.1", "duid:0004")))
                .satisfies(outcome -> assertThat(outcome.result()).isEqualTo(Result.REFUSED))
                .satisfies(outcome -> assertThat(outcome.sentence()).contains("not of this pool"));
        assertThat(perform(Role.ADMIN, new Order.Reserve("main", "192.0.2.7", "duid:1\ndrain = true"))
                        .result())
                .isEqualTo(Result.REFUSED);
        assertThat(pool()).isEqualTo(before);
        perform(Role.ADMIN, new Order.Reserve("main", "192.0.2.8", ""));
        perform(Role.ADMIN, new Order.Reserve("main", "192.0.2.7", ""));
        assertThat(pool()).isEqualTo("# The pool.\nranges = 192.0.2.0/24\n");
    }

    @Test
    void files_are_carried_out_and_in() {
        assertThat(perform(Role.OPERATOR, new Order.Export(Path.of("leases.json")))
                        .sentence())
                .isEqualTo("3 leases were written to leases.json.");
        assertThat(perform(Role.OPERATOR, new Order.Export(Path.of("full"))).result())
                .isEqualTo(Result.FAILED);
        assertThat(perform(Role.ADMIN, new Order.Import(Path.of("leases.json"), false))
                        .sentence())
                .isEqualTo("2 leases in leases.json, 1 others skipped, 2 imported.");
        assertThat(perform(Role.ADMIN, new Order.Import(Path.of("odd"), false)).sentence())
                .contains("1 problems, the first: lease 1: is odd");
    }

    @Test
    void orders_are_spelt_by_name_and_arguments() {
        for (Order order : ORDERS) {
            if (!(order instanceof Order.Export || order instanceof Order.Import)) {
                assertThat(Order.parse(order.name(), order.arguments())).isEqualTo(order);
            }
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Order.parse("export", Map.of("file", "/etc/passwd")))
                .withMessageContaining("none of");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Order.parse("revoke", Map.of()))
                .withMessage("'client' is missing");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Order.parse("drain", Map.of("pool", "main", "on", "maybe")));
        assertThatIllegalArgumentException().isThrownBy(() -> Order.parse("config-rollback", Map.of("number", "one")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Order.parse("call", Map.of("client", "duid:01", "purpose", "dance")));
    }

    // JMX

    private record UserPrincipal(String getName) implements Principal {}

    private record RolePrincipal(String getName) implements Principal {}

    private record ClientPrincipal(String getName) implements Principal {}

    @SuppressWarnings("removal") // As the door itself.
    private static <T> T as(Subject subject, java.security.PrivilegedAction<T> action) {
        return Subject.doAs(subject, action);
    }

    private static Subject subject(String role, String client) {
        return new Subject(
                true,
                Set.of(new UserPrincipal("olga"), new RolePrincipal(role), new ClientPrincipal(client)),
                Set.of(),
                Set.of());
    }

    @Test
    void over_jmx_the_caller_is_who_the_connector_says() {
        ServerBean bean = new ServerBean(node, new JmxDoor(node::operations));
        OutcomeData outcome = as(subject("manager", "jmx(192.0.2.66)"), () -> bean.revoke("duid:0001aa/1"));
        assertThat(outcome.result()).isEqualTo("DONE");
        assertThat(audit)
                .singleElement()
                .asString()
                .contains(
                        "\"who\":\"olga\",\"role\":\"operator\",\"door\":\"jmx\",\"from\":\"192.0.2.66\",\"what\":\"revoke\"");
        Boolean again = as(subject("admin", "jolokia(::1)"), () -> bean.withdraw("duid:0001aa/1"));
        assertThat(again).isFalse();
        assertThat(audit.get(1)).contains("\"door\":\"jolokia\",\"from\":\"::1\"");
    }

    @Test
    void over_jmx_viewers_and_strangers_are_refused() {
        ServerBean bean = new ServerBean(node, new JmxDoor(node::operations));
        assertThatThrownBy(() -> as(subject("viewer", "jmx(::1)"), () -> bean.revoke("duid:0001aa/1")))
                .isInstanceOf(SecurityException.class)
                .hasMessageContaining("role operator");
        assertThatThrownBy(() -> bean.revoke("duid:0001aa/1")).isInstanceOf(SecurityException.class);
        assertThat(ended).isEmpty();
    }

    @Test
    void over_jmx_everything_can_be_ordered() throws Exception {
        ServerBean server = new ServerBean(node, new JmxDoor(node::operations));
        NodeBean bean = new NodeBean(node, new JmxDoor(node::operations));
        Subject admin = subject("admin", "jmx(::1)");
        assertThat(as(admin, () -> server.reserve("main", "192.0.2.7", "duid:0003"))
                        .result())
                .isEqualTo("DONE");
        assertThat(as(admin, () -> server.drain("main", true)).after()).contains("drain: true");
        assertThat(as(admin, () -> server.resync("tep")).result()).isEqualTo("DONE");
        assertThat(as(admin, () -> server.exportLeases("x.json")).result()).isEqualTo("DONE");
        assertThat(as(admin, () -> server.release("duid:0001aa/1")).result()).isEqualTo("DONE");
        assertThat(as(admin, () -> server.call("duid:0001aa/1", "RENEW"))).isEqualTo("UNAVAILABLE");
        assertThat(as(admin, bean::reload).sentence()).startsWith("1 files");
        assertThat(as(admin, () -> bean.rollBack(9, false)).result()).isEqualTo("REFUSED");
        assertThat(bean.getConfigurationHistory()).isEmpty();
        assertThat(bean.isReady()).as("there is no TEP").isFalse();
        assertThat(bean.getFindings()).isNotEmpty();
    }
}
