package io.dstm.tep.internal.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.tep.internal.rules.EchoLookup;
import io.dstm.tep.internal.rules.Hairpinning;
import io.dstm.tep.internal.rules.OuterHeader;
import io.dstm.tep.internal.rules.ReassemblyLimits;
import io.dstm.tep.internal.rules.RulesSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TableFileTest {

    private static final String BINDING = """
            {"binding-ipv6info": "2001:db8::1", "binding-ipv4-addr": "192.0.2.1", "br-ipv6-addr": "2001:db8:1::2",
             "port-set": {"psid-len": 8, "psid": 52}}\
            """;

    @TempDir
    Path directory;

    private ReplayTable read(String json) throws ReplayException, IOException {
        return TableFile.read(Files.writeString(directory.resolve("table.json"), json));
    }

    private static String instances(String... instances) {
        return "{\"ietf-softwire-br:br-instances\": {\"binding\": {\"bind-instance\": [" + String.join(",", instances)
                + "]}}}";
    }

    private static String withBindings(String... bindings) {
        return instances(
                "{\"name\": \"a\", \"binding-table\": {\"binding-entry\": [" + String.join(",", bindings) + "]}}");
    }

    private static List<String> bindings(ReplayTable table) {
        List<String> all = new ArrayList<>();
        table.bindings()
                .forEach((Binding binding) ->
                        all.add(binding.key() + " " + binding.tunnelSource() + " " + binding.tunnelAddress()));
        return all;
    }

    @Test
    void reads_bindings_policies_and_case_settings_in_any_order() throws Exception {
        ReplayTable table = read("""
                {"case-settings": {"tep-ipv6": "2001:db8::9", "tep-ipv4": "192.0.2.254", "mtu-ipv6": 1400, "mtu-ipv4": 576,
                                   "outer-hop-limit": 255, "echo-by-identifier": false, "ecn-compatibility": true, "tcp-mss": 1220, "portless-protocols": false, "reassembly-max-fragments": 3},
                 "ietf-softwire-br:br-instances": {"binding": {"bind-instance": [{
                   "icmp-policy": {"icmpv6-errors": {"generate-icmpv6-errors": false, "icmpv6-rate": 0},
                                   "icmpv4-errors": {"icmpv4-rate": 5, "allow-incoming-icmpv4": false}},
                   "binding-table": {"binding-entry": [%s]},
                   "enable-hairpinning": false, "softwire-num-max": 7, "enabled": true, "name": "one"}]}}}
                """.formatted(BINDING));

        assertThat(bindings(table)).containsExactly("192.0.2.1:13312-13567 2001:db8::1 2001:db8:1::2");
        assertThat(table.policy().settings())
                .isEqualTo(new RulesSettings(
                        Ipv6Address.parse("2001:db8::9"),
                        List.of(),
                        Ipv4Address.parse("192.0.2.254"),
                        1400,
                        576,
                        Hairpinning.OUTSIDE,
                        true,
                        false,
                        false,
                        true,
                        EchoLookup.PORT_ZERO,
                        false,
                        true,
                        1220,
                        false,
                        new ReassemblyLimits(4 << 20, 64, 3),
                        new OuterHeader(255, true)));
        assertThat(table.ignored()).isEmpty();
        assertThat(Stream.generate(() -> table.policy().icmpv4Errors().tryTake(0))
                        .takeWhile(taken -> taken)
                        .limit(100))
                .as("burst of five errors a second")
                .hasSize(10);
        assertThat(table.policy().icmpv6Errors().tryTake(0)).isFalse();
    }

    @Test
    void takes_defaults_from_the_model_where_case_settings_are_missing() throws Exception {
        ReplayTable table = read(instances(
                "{\"softwire-path-mru\": 1540, \"softwire-payload-mtu\": 1400, \"binding-table\": {\"binding-entry\": ["
                        + BINDING + "]}}"));

        assertThat(table.policy().settings())
                .isEqualTo(new RulesSettings(
                        Ipv6Address.parse("2001:db8:1::2"),
                        Ipv4Address.parse("192.0.0.1"),
                        1540,
                        1400,
                        true,
                        true,
                        true,
                        true,
                        true,
                        false,
                        true));
    }

    @Test
    void a_prefix_gives_the_tunnel_source_that_rfc_7596_builds_from_it() throws Exception {
        ReplayTable table = read(withBindings(BINDING.replace("2001:db8::1", "2001:db8:f::/48")));

        assertThat(bindings(table)).containsExactly("192.0.2.1:13312-13567 2001:db8:f::c000:201:34 2001:db8:1::2");
    }

    @Test
    void a_binding_without_port_set_has_the_whole_address() throws Exception {
        ReplayTable table = read(
                withBindings(
                        "{\"binding-ipv6info\": \"2001:db8::1\", \"binding-ipv4-addr\": \"192.0.2.1\", \"br-ipv6-addr\": \"2001:db8::2\"}"));

        assertThat(bindings(table)).containsExactly("192.0.2.1 2001:db8::1 2001:db8::2");
    }

    @Test
    void tells_what_it_does_not_understand() throws Exception {
        ReplayTable table =
                read(instances("{\"enable-hairpining\": false, \"foo\": [{\"bar\": {}}], \"binding-table\": "
                                + "{\"binding-entry\": [" + BINDING + "], \"foo\": 1}}")
                        .replaceFirst("\\{", "{\"other\": null, "));

        assertThat(table.ignored()).containsExactly("enable-hairpining", "foo", "other");
    }

    @Test
    void a_disabled_instance_is_as_good_as_none() throws Exception {
        assertThat(bindings(read(instances(
                        "{\"binding-table\": {\"binding-entry\": [" + BINDING + "]}, \"enabled\": false}",
                        "{\"binding-table\": {\"binding-entry\": [" + BINDING.replace("192.0.2.1", "192.0.2.2")
                                + "]}}"))))
                .containsExactly("192.0.2.2:13312-13567 2001:db8::1 2001:db8:1::2");
        assertThatThrownBy(() -> read(instances("{\"enabled\": false}")))
                .hasMessageEndingWith("has no enabled ietf-softwire-br:br-instances/binding/bind-instance");
    }

    @Test
    void reads_more_bindings_than_fit_one_portion() throws Exception {
        String entries = IntStream.range(0, 50_000)
                .mapToObj(i -> BINDING.replace("192.0.2.1", "10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255)))
                .collect(Collectors.joining(",\n"));

        assertThat(read(withBindings(entries)).bindings().size()).isEqualTo(50_000);
    }

    static Stream<Arguments> bad_tables() {
        return Stream.of(
                Arguments.of("", "is empty"),
                Arguments.of("[]", "an object is expected"),
                Arguments.of("{}", "has no enabled"),
                Arguments.of("{\"ietf-softwire-br:br-instances\": {", "line 1, is not JSON: Unexpected end-of-input"),
                Arguments.of("{\n\n\"a\": x}", "line 3, is not JSON: Unrecognized token 'x'"),
                Arguments.of("{\"a\": 1, \"a\": 2}", "is not JSON: Duplicate"),
                Arguments.of("{} {}", "something follows"),
                Arguments.of(instances("{}"), "names no tunnel address"),
                Arguments.of(
                        instances("{\"binding-table\": []}"),
                        "(/ietf-softwire-br:br-instances/binding/bind-instance/0/binding-table): an object is expected"),
                Arguments.of(instances("{\"name\": 5}"), "a text is expected"),
                Arguments.of(instances("{\"enabled\": \"true\"}"), "true or false is expected"),
                Arguments.of(instances("{\"softwire-path-mru\": 1279}"), "'1279' is not a number from 1280 to 65535"),
                Arguments.of(instances("{\"softwire-path-mru\": 1500.5}"), "'1500.5' is not a number"),
                Arguments.of(instances("{\"softwire-path-mru\": 99999999999999999999}"), "is not a number"),
                Arguments.of(
                        "{\"case-settings\": {\"tep-ipv4\": \"192.0.2\"}}",
                        "(/case-settings/tep-ipv4): '192.0.2' is not an IPv4 address"),
                Arguments.of(withBindings("{}"), "a binding needs binding-ipv6info"),
                Arguments.of(
                        withBindings(BINDING, BINDING.replace("::1", "::3")),
                        "(/ietf-softwire-br:br-instances/binding/bind-instance/0/binding-table/binding-entry/1): 192.0.2.1:13312-13567 is bound twice"),
                Arguments.of(withBindings(BINDING.replace("52", "256")), "PSID 256 does not fit into 8 bits"),
                Arguments.of(withBindings(BINDING.replace("52", "-1")), "'-1' is not a number from 0 to 65535"),
                Arguments.of(withBindings(BINDING.replace("\"192.0.2.1\"", "null")), "a text is expected"),
                Arguments.of(withBindings(BINDING.replace("db8::1\"", "db8::1/64\"")), "bits set behind the prefix"),
                Arguments.of(
                        instances("{\"binding-table\": {\"binding-entry\": [" + BINDING + "]}}", "{}"),
                        "more than one enabled"));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("bad_tables")
    void says_where_a_table_is_wrong_and_why(String json, String reason) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(ReplayException.class)
                .hasMessageStartingWith(directory.resolve("table.json").toString())
                .hasMessageContaining(reason)
                .satisfies(told -> assertThat(told.getMessage()).doesNotContain("\n"));
    }

    @Test
    void a_table_cut_anywhere_is_refused() throws Exception {
        byte[] whole = withBindings(BINDING).getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length < whole.length; length++) {
            Path cut = Bytes.file(directory, "cut.json", java.util.Arrays.copyOf(whole, length));
            assertThatThrownBy(() -> TableFile.read(cut)).isInstanceOf(ReplayException.class);
        }
    }
}
