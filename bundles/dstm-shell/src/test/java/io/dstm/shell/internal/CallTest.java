package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.Caller;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.management.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** {@code dstm:call}, {@code dstm:withdraw} and {@code dstm:messages}. */
class CallTest {

    private static final ClientId CLIENT = ViewsTest.WHOLE.client();

    private final List<String> done = new ArrayList<>();
    private final Map<String, Outcome> outcomes = new TreeMap<>();

    private CompletionStage<Outcome> perform(Caller caller, Order order, Duration patience) {
        done.add(order.name() + " " + String.join(" ", order.arguments().values()) + " for " + caller.name()
                + " within " + patience.toSeconds() + " s");
        return CompletableFuture.completedStage(
                outcomes.getOrDefault(order.name(), new Outcome(Result.DONE, "The " + order.name() + " is done.")));
    }

    private final Map<String, Map<String, Long>> counters = new TreeMap<>();

    private final class Server implements NodeView.ServerView {

        @Override
        public List<PoolStatus> pools() {
            return List.of();
        }

        @Override
        public Page<Lease> leases(Query query) {
            return new Page<>(List.of(ViewsTest.WHOLE, ViewsTest.SHARED), 0, 2);
        }
    }

    private final class Node implements NodeView {

        private final boolean lends;

        Node(boolean lends) {
            this.lends = lends;
        }

        @Override
        public String version() {
            return "1.0.0";
        }

        @Override
        public Optional<ServerView> server() {
            return lends ? Optional.of(new Server()) : Optional.empty();
        }

        @Override
        public List<TepView> teps() {
            return List.of();
        }

        @Override
        public Optional<ClientStatus> client() {
            return Optional.empty();
        }

        @Override
        public List<ConfigReport.Entry> configurations() {
            return List.of();
        }

        @Override
        public Map<String, Map<String, Long>> messageCounters() {
            return counters;
        }
    }

    private <C extends ClientCommand> C of(C command, String client) {
        command.client = client;
        return logged(command);
    }

    private <C extends OperationCommand> C logged(C command) {
        command.node = new Node(true);
        command.operations = this::perform;
        command.who = () -> Optional.of(new Caller("ada", Optional.of(Role.ADMIN), "shell", "::1"));
        return command;
    }

    private String call(String purpose) {
        CallCommand command = of(new CallCommand(), CLIENT.toString());
        command.purpose = purpose;
        return command.view().text();
    }

    @Test
    void calls_the_client_and_says_what_became_of_it() {
        assertThat(call("renew")).isEqualTo("The call is done.\n");
        assertThat(call("rebind")).isNotBlank();
        assertThat(done)
                .containsExactly(
                        "call " + CLIENT + " renew for ada within 5 s",
                        "call " + CLIENT + " rebind for ada within 5 s");
    }

    @Test
    void programs_are_told_the_result_in_one_word() {
        CallCommand command = of(new CallCommand(), CLIENT.toString());
        outcomes.put("call", new Outcome(Result.FAILED, "It did not come.", "", "NO_ANSWER"));
        assertThat(Json.write(command.view().json()))
                .contains("\"result\": \"failed\"", "\"message\": \"It did not come.\"", "\"after\": \"NO_ANSWER\"");
    }

    @Test
    void nobody_orders_anything_in_a_session_without_a_login() {
        CallCommand command = of(new CallCommand(), CLIENT.toString());
        command.who = Optional::empty;
        assertThat(command.view().text()).startsWith("Nobody is logged in");
        assertThat(done).isEmpty();
    }

    @Test
    void wrong_words_are_refused_with_what_would_be_right() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> call("dance"))
                .withMessageContaining("renew, rebind or inform");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(new CallCommand(), "nobody").view());
        assertThatIllegalArgumentException().isThrownBy(() -> of(new CallCommand(), CLIENT.identity() + "/x")
                .view());
        CallCommand patient = of(new CallCommand(), CLIENT.toString());
        patient.wait = 601;
        assertThatIllegalArgumentException().isThrownBy(patient::view).withMessageContaining("0 to 600");
        assertThat(done).noneMatch(each -> each.startsWith("revoke"));
    }

    @Test
    void withdraws_the_lease_and_calls_its_client() {
        String text = of(new WithdrawCommand(), CLIENT.toString()).view().text();
        assertThat(text).isEqualTo("Withdrawn: " + ViewsTest.WHOLE.key() + ". The call is done.\n");
        assertThat(done)
                .containsExactly(
                        "revoke " + CLIENT + " for ada within 5 s", "call " + CLIENT + " renew for ada within 5 s");
    }

    @Test
    void releases_the_lease_and_leaves_its_client_alone() {
        String text = of(new ReleaseCommand(), CLIENT.toString()).view().text();
        assertThat(text).isEqualTo("Released: " + ViewsTest.WHOLE.key() + ".\n");
        assertThat(done).containsExactly("release " + CLIENT + " for ada within 5 s");
    }

    @Test
    void withdraws_all_leases_of_an_identity() {
        of(new WithdrawCommand(), CLIENT.identity()).view();
        assertThat(done).first().asString().startsWith("revoke " + CLIENT);
        assertThat(done)
                .noneMatch(each -> !ViewsTest.SHARED.client().identity().equals(CLIENT.identity())
                        && each.contains(ViewsTest.SHARED.client().identity()));
    }

    @Test
    void a_withdrawal_that_waits_for_the_tep_says_so() {
        outcomes.put("revoke", new Outcome(Result.PENDING, "It goes on."));
        assertThat(of(new WithdrawCommand(), CLIENT.toString()).view().text())
                .contains("Waiting for the TEP to forget: " + ViewsTest.WHOLE.key());
    }

    @Test
    void pools_teps_and_files_are_ordered_by_their_names() {
        ReserveCommand reserve = logged(new ReserveCommand());
        reserve.pool = "main";
        reserve.address = "192.0.2.7";
        assertThatIllegalArgumentException().isThrownBy(reserve::view).withMessageContaining("--end");
        reserve.client = "duid:0003";
        reserve.view();
        DrainCommand drain = logged(new DrainCommand());
        drain.pool = "main";
        drain.view();
        drain.off = true;
        drain.view();
        logged(new ResyncCommand()).view();
        logged(new ReloadCommand()).view();
        ExportCommand export = logged(new ExportCommand());
        export.file = "leases.json";
        assertThat(export.view().text()).isEqualTo("The export is done.\n");
        assertThat(done)
                .containsExactly(
                        "reserve main 192.0.2.7 duid:0003 for ada within 5 s",
                        "drain main true for ada within 5 s",
                        "drain main false for ada within 5 s",
                        "resync tep for ada within 5 s",
                        "reload  for ada within 5 s",
                        "export leases.json for ada within 600 s");
    }

    @Test
    void who_has_no_lease_is_not_called() {
        assertThat(of(new WithdrawCommand(), "duid:ffff/1").view().text()).isEqualTo("duid:ffff/1 has no lease.\n");
        assertThat(done).isEmpty();
    }

    @Test
    void a_node_without_a_server_says_so() {
        CallCommand call = of(new CallCommand(), CLIENT.toString());
        call.node = new Node(false);
        assertThat(call.view()).isSameAs(NodeCommand.NO_SERVER);
        WithdrawCommand withdraw = of(new WithdrawCommand(), CLIENT.toString());
        withdraw.node = new Node(false);
        assertThat(withdraw.view()).isSameAs(NodeCommand.NO_SERVER);
    }

    @Test
    void messages_that_counted_are_shown() {
        MessagesCommand messages = new MessagesCommand();
        messages.node = new Node(true);
        assertThat(messages.view().text()).isEqualTo("No protocol runs here.\n");
        counters.put(
                "dhcpv6-server", new TreeMap<>(Map.of("drop-truncated", 3L, "sent-reply", 12L, "sent-advertise", 0L)));
        counters.put("quiet", Map.of("sent-reply", 0L));
        assertThat(messages.view().text()).isEqualTo("""
                        dhcpv6-server
                          COUNTER         MESSAGES
                          drop-truncated         3
                          sent-reply            12

                        quiet
                          No message yet.
                        """);
        assertThat(Json.write(messages.view().json())).contains("\"sent-advertise\": 0");
    }
}
