package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.management.NodeView;
import io.dstm.api.net.Ipv4Address;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HistoryTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    private final List<LeaseHistory.Question> asked = new ArrayList<>();

    private final class Node implements NodeView, LeaseHistory {

        @Override
        public String version() {
            return "1.0.0";
        }

        @Override
        public Optional<ServerView> server() {
            return Optional.empty();
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
        public Optional<LeaseHistory> history() {
            return Optional.of(this);
        }

        @Override
        public Answer find(Question question) throws LeaseStoreException {
            asked.add(question);
            if (question.limit() == 0) {
                throw new LeaseStoreException("DSTM-7015 the disk is gone", null);
            }
            return new Answer(List.of(), 0, 0);
        }

        @Override
        public Duration keep() {
            return Duration.ofDays(7);
        }
    }

    private static LeaseHistory.Entry entry(Lease lease, LeaseHistory.End end) {
        return new LeaseHistory.Entry(
                lease.key(),
                lease.client(),
                lease.tunnelSource(),
                lease.tunnelAddress(),
                lease.pool(),
                lease.since(),
                lease.until(),
                end);
    }

    private HistoryCommand command() {
        HistoryCommand command = new HistoryCommand();
        command.node = new Node();
        return command;
    }

    @Test
    void holders() {
        Golden.assertShows(
                "history",
                new HistoryView(
                        new LeaseHistory.Answer(
                                List.of(
                                        entry(ViewsTest.SHARED, LeaseHistory.End.MOVED),
                                        entry(ViewsTest.WHOLE, LeaseHistory.End.HELD)),
                                0,
                                5),
                        Duration.ofDays(7)));
    }

    @Test
    void nobody() {
        Golden.assertShows(
                "history-none", new HistoryView(new LeaseHistory.Answer(List.of(), 0, 0), Duration.ofHours(36)));
        assertThat(new HistoryView(new LeaseHistory.Answer(List.of(), 0, 0), Duration.ZERO).text())
                .contains("history.keep in etc/io.dstm.store.cfg is 0");
    }

    @Test
    void asks_for_address_port_and_second() {
        HistoryCommand command = command();
        command.address = "192.0.2.1:5120";
        command.at = "2026-11-21T13:00:00.9+01:00";
        command.view();
        assertThat(asked)
                .containsExactly(new LeaseHistory.Question(
                        Ipv4Address.parse("192.0.2.1"), 5120, null, NOON, NOON.plusSeconds(1), 0, 100));
    }

    @Test
    void asks_for_a_client_at_any_time() {
        HistoryCommand command = command();
        command.client = "duid:0001/1";
        command.view();
        assertThat(asked)
                .containsExactly(
                        new LeaseHistory.Question(null, null, "duid:0001", Instant.EPOCH, LeaseHistory.NO_END, 0, 100));
    }

    @Test
    void a_time_without_a_zone_is_refused() {
        HistoryCommand command = command();
        command.address = "192.0.2.1";
        command.from = "2026-11-21T12:00:00";
        assertThatIllegalArgumentException().isThrownBy(command::view).withMessageContaining("with its zone");
        command.from = null;
        command.address = "192.0.2.1:x";
        assertThatIllegalArgumentException().isThrownBy(command::view).withMessageContaining("'x' is not a port");
        command.address = null;
        assertThatIllegalArgumentException().isThrownBy(command::view).withMessageContaining("an address or a client");
    }

    @Test
    void a_store_that_fails_is_told_in_its_words() {
        HistoryCommand command = command();
        command.address = "192.0.2.1";
        command.limit = 0;
        assertThat(command.view().text()).isEqualTo("DSTM-7015 the disk is gone\n");
    }
}
