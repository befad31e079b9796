package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientCaller.Outcome;
import io.dstm.api.lease.ClientCaller.Purpose;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
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
    private CompletableFuture<Outcome> outcome = CompletableFuture.completedFuture(Outcome.ANSWERED);
    private CompletableFuture<Boolean> revoked = CompletableFuture.completedFuture(true);
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

        @Override
        public CompletionStage<Outcome> call(ClientId client, Purpose purpose) {
            done.add("call " + client + " " + purpose);
            return outcome;
        }

        @Override
        public CompletionStage<Boolean> revoke(ClientId client) {
            done.add("revoke " + client);
            return revoked;
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
        command.node = new Node(true);
        command.client = client;
        command.wait = 0;
        return command;
    }

    private String call(String purpose) {
        CallCommand command = of(new CallCommand(), CLIENT.toString());
        command.purpose = purpose;
        return command.view().text();
    }

    @Test
    void calls_the_client_and_says_what_became_of_it() {
        assertThat(call("renew")).isEqualTo(CLIENT + " came.\n");
        assertThat(done).containsExactly("call " + CLIENT + " RENEW");
        for (Outcome each : Outcome.values()) {
            outcome = CompletableFuture.completedFuture(each);
            assertThat(call("rebind")).as(each.name()).isNotBlank();
        }
        assertThat(done.get(1)).endsWith("REBIND");
    }

    @Test
    void does_not_wait_for_ever() {
        outcome = new CompletableFuture<>();
        assertThat(call("inform")).contains("has not come yet");
        assertThat(outcome).as("the call goes on").isNotDone();
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
        assertThat(text).contains("Withdrawn: " + ViewsTest.WHOLE.key()).contains("came.");
        assertThat(done).containsExactly("revoke " + CLIENT, "call " + CLIENT + " RENEW");
    }

    @Test
    void withdraws_all_leases_of_an_identity() {
        of(new WithdrawCommand(), CLIENT.identity()).view();
        assertThat(done).first().isEqualTo("revoke " + CLIENT);
        assertThat(done)
                .noneMatch(each -> !ViewsTest.SHARED.client().identity().equals(CLIENT.identity())
                        && each.contains(ViewsTest.SHARED.client().identity()));
    }

    @Test
    void a_withdrawal_that_waits_for_the_tep_says_so() {
        revoked = new CompletableFuture<>();
        assertThat(of(new WithdrawCommand(), CLIENT.toString()).view().text())
                .contains("Waiting for the TEP to forget: " + ViewsTest.WHOLE.key());
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
