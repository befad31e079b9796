package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.PacketTrace;
import io.dstm.api.tep.TepStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TraceTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    private final List<String> asked = new ArrayList<>();

    private static Map<String, String> fields(String... namesAndValues) {
        Map<String, String> fields = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            fields.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return fields;
    }

    private static PacketTrace trace(PacketTrace.Packet... packets) {
        return new PacketTrace(
                "drop-foreign-port-ipv6",
                NOW.minusSeconds(125).plusNanos(7),
                NOW.plusSeconds(600),
                packets.length,
                List.of(packets));
    }

    private static final PacketTrace.Packet DROPPED = new PacketTrace.Packet(
            NOW.minusMillis(1500),
            true,
            80,
            "6000",
            List.of(
                    new PacketTrace.Header(
                            "IPv6",
                            fields(
                                    "source",
                                    "2001:db8:2::b",
                                    "destination",
                                    "2001:db8:1::1",
                                    "hopLimit",
                                    "63",
                                    "payloadLength",
                                    "40")),
                    new PacketTrace.Header(
                            "IPv4",
                            fields(
                                    "source",
                                    "198.51.100.7",
                                    "destination",
                                    "203.0.113.80",
                                    "ttl",
                                    "64",
                                    "flags",
                                    "DF")),
                    new PacketTrace.Header(
                            "TCP", fields("sourcePort", "80", "destinationPort", "443", "flags", "SYN ACK"))),
            new PacketTrace.End(Ipv4Address.parse("198.51.100.7"), 80, null),
            null);
    private static final PacketTrace.Packet PASSED = new PacketTrace.Packet(
            NOW,
            false,
            28,
            "45",
            List.of(new PacketTrace.Header("protocol 99", fields("length", "8"))),
            null,
            new PacketTrace.End(Ipv4Address.parse("198.51.100.7"), -1, Binding.of(ViewsTest.SHARED)));

    @Test
    void packets_with_what_was_compared() {
        Golden.assertShows("trace", new TraceView(List.of(new TraceView.OfTep("tep", trace(DROPPED, PASSED))), NOW));
    }

    @Test
    void a_counter_that_nothing_ended_in_and_a_tep_that_shows_nothing() {
        Golden.assertShows(
                "trace-none",
                new TraceView(List.of(new TraceView.OfTep("tep", trace()), new TraceView.OfTep("west", null)), NOW));
    }

    @Test
    void the_command_asks_every_tep_of_the_node_and_ends_on_request() {
        TraceCommand command = new TraceCommand();
        command.node = node(true);
        command.counter = "drop-foreign-port-ipv6";
        command.count = 3;
        assertThat(command.view().text()).startsWith("TEP tep: drop-foreign-port-ipv6 counted 1 packet since");
        command.off = true;
        command.view();
        assertThat(asked).containsExactly("drop-foreign-port-ipv6 3", "end");
    }

    @Test
    void without_a_counter_or_a_tep_it_says_what_is_missing() {
        TraceCommand command = new TraceCommand();
        command.node = node(true);
        assertThatIllegalArgumentException().isThrownBy(command::view).withMessageContaining("name a counter");
        command.node = node(false);
        assertThat(command.view()).isSameAs(NodeCommand.NO_TEP);
    }

    @Test
    void counters_are_completed() {
        CounterCompleter completer = new CounterCompleter();
        completer.node = node(true);
        List<String> candidates = new ArrayList<>();
        completer.complete(null, new CommandsTest.Typed("drop-f"), candidates);
        assertThat(candidates).containsExactly("drop-foreign-port-ipv6 ");
    }

    private NodeView node(boolean withTep) {
        return new NodeView() {

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
                return withTep ? List.of(new Tep()) : List.of();
            }

            @Override
            public Optional<ClientStatus> client() {
                return Optional.empty();
            }

            @Override
            public List<ConfigReport.Entry> configurations() {
                return List.of();
            }
        };
    }

    private final class Tep implements NodeView.TepView {

        @Override
        public String name() {
            return "tep";
        }

        @Override
        public TepStatus status() {
            return new TepStatus(TepStatus.State.FORWARDING, "", "", "", 1500, 0);
        }

        @Override
        public List<CounterValue> counters() {
            return List.of(new CounterValue("in-all-ipv6", 0, 0), new CounterValue("drop-foreign-port-ipv6", 1, 80));
        }

        @Override
        public Page<Binding> bindings(Query query) {
            return new Page<>(List.of(), 0, 0);
        }

        @Override
        public Optional<PacketTrace> trace(String counter, int count) {
            asked.add(counter + " " + count);
            return Optional.of(TraceTest.trace(DROPPED));
        }

        @Override
        public void endTrace() {
            asked.add("end");
        }
    }
}
