package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Prefix;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.karaf.shell.api.console.CommandLine;
import org.apache.karaf.shell.support.CommandException;
import org.junit.jupiter.api.Test;

class CommandsTest {

    private final List<Query> asked = new ArrayList<>();

    private final NodeView server = new Node(Optional.of(new NodeView.ServerView() {

        @Override
        public List<PoolStatus> pools() {
            return List.of();
        }

        @Override
        public Page<Lease> leases(Query query) {
            asked.add(query);
            return new Page<>(List.of(ViewsTest.WHOLE, ViewsTest.SHARED), 0, 2);
        }
    }));

    private final NodeView nothing = new Node(Optional.empty());

    private record Node(Optional<ServerView> server) implements NodeView {

        @Override
        public String version() {
            return "1.0.0";
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
    }

    private static <C extends NodeCommand> C on(NodeView node, C command) {
        command.node = node;
        return command;
    }

    @Test
    void options_become_the_query() {
        LeasesCommand leases = on(server, new LeasesCommand());
        leases.client = "0001";
        leases.address = "192.0.2.0/24";
        leases.limit = 7;
        leases.offset = 3;
        leases.view();
        assertThat(asked).containsExactly(new Query("0001", Ipv4Prefix.parse("192.0.2.0/24"), 3, 7));
    }

    @Test
    void wrong_options_are_refused_with_what_would_be_right() {
        LeasesCommand leases = on(server, new LeasesCommand());
        leases.limit = 10_001;
        assertThatIllegalArgumentException().isThrownBy(leases::view).withMessageContaining("0 to 10000");
        leases.limit = 1;
        leases.address = "192.0.2";
        assertThatIllegalArgumentException().isThrownBy(leases::view).withMessageContaining("like 192.0.2.1");
    }

    @Test
    void node_without_the_role_says_so() {
        assertThat(on(nothing, new LeasesCommand()).view()).isSameAs(NodeCommand.NO_SERVER);
        assertThat(on(nothing, new PoolsCommand()).view()).isSameAs(NodeCommand.NO_SERVER);
        assertThat(on(nothing, new BindingsCommand()).view()).isSameAs(NodeCommand.NO_TEP);
        assertThat(on(nothing, new StatusCommand()).view().text()).contains("no role runs here");
    }

    @Test
    void prints_text_or_json_to_standard_output() throws CommandException {
        PoolsCommand pools = on(server, new PoolsCommand());
        assertThat(printed(pools)).isEqualTo(new PoolsView(List.of()).text());
        pools.json = true;
        assertThat(printed(pools)).isEqualTo("{\n  \"pools\": []\n}\n");
    }

    @Test
    void a_wrong_word_is_told_to_the_shell_in_a_way_that_fills_no_log() {
        LeasesCommand leases = on(server, new LeasesCommand());
        leases.address = "192.0.2";
        assertThatThrownBy(leases::execute)
                .isInstanceOfSatisfying(CommandException.class, told -> assertThat(told.getNiceHelp())
                        .startsWith("Error: ")
                        .contains("like 192.0.2.1"));
    }

    private static String printed(NodeCommand command) throws CommandException {
        PrintStream before = System.out;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
        try {
            command.execute();
        } finally {
            System.setOut(before);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void completers_offer_what_is_lent() {
        assertThat(candidates(new ClientCompleter(), server, "duid:0003"))
                .containsExactly("duid:0003000102000000000b ");
        assertThat(candidates(new AddressCompleter(), server, "1")).containsExactly("192.0.2.1 ", "198.51.100.7 ");
        assertThat(candidates(new AddressCompleter(), nothing, "1")).isEmpty();
    }

    @Test
    void completers_ask_for_what_the_typed_may_lead_to() {
        candidates(new ClientCompleter(), server, "duid:0003");
        candidates(new ClientCompleter(), server, "");
        candidates(new AddressCompleter(), server, "198.51.1");
        candidates(new AddressCompleter(), server, "1");
        candidates(new AddressCompleter(), server, "no.address");
        assertThat(asked)
                .containsExactly(
                        new Query("duid:0003", null, 0, NodeCompleter.MOST),
                        Query.first(NodeCompleter.MOST),
                        new Query(null, Ipv4Prefix.parse("198.51.0.0/16"), 0, NodeCompleter.MOST),
                        new Query(null, Ipv4Prefix.parse("0.0.0.0/0"), 0, NodeCompleter.MOST),
                        Query.first(NodeCompleter.MOST));
    }

    private static List<String> candidates(NodeCompleter completer, NodeView node, String typed) {
        completer.node = node;
        List<String> candidates = new ArrayList<>();
        completer.complete(null, new Typed(typed), candidates);
        return candidates;
    }

    /** A command line with the cursor behind its only word. */
    record Typed(String word) implements CommandLine {

        @Override
        public int getCursorArgumentIndex() {
            return 0;
        }

        @Override
        public String getCursorArgument() {
            return word;
        }

        @Override
        public int getArgumentPosition() {
            return word.length();
        }

        @Override
        public String[] getArguments() {
            return new String[] {word};
        }

        @Override
        public int getBufferPosition() {
            return word.length();
        }

        @Override
        public String getBuffer() {
            return word;
        }
    }
}
