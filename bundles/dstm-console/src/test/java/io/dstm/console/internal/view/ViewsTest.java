package io.dstm.console.internal.view;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dstm.api.config.ConfigHistory;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Operations.Result;
import io.dstm.api.management.Order;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ViewsTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final FakeNode node = new FakeNode(false);
    private final FakeNode bare = new FakeNode(true);

    private static JsonNode read(JsonText.Document document) throws Exception {
        return MAPPER.readTree(JsonText.text(document));
    }

    private static JsonNode api() throws Exception {
        try (InputStream in = ViewsTest.class.getResourceAsStream("/openapi.json")) {
            return MAPPER.readTree(in);
        }
    }

    private static TreeSet<String> names(JsonNode object) {
        TreeSet<String> names = new TreeSet<>();
        for (Iterator<String> all = object.fieldNames(); all.hasNext(); ) {
            names.add(all.next());
        }
        return names;
    }

    private static void described(JsonNode value, String schema) throws Exception {
        assertThat(names(value)).as(schema).isEqualTo(names(api().at("/components/schemas/" + schema + "/properties")));
    }

    @Test
    void the_api_document_describes_exactly_what_is_written() throws Exception {
        JsonNode whole = read(Documents.node(node, FakeNode.FINDINGS, FakeNode.NOW));
        described(whole, "Node");
        described(whole.get("health"), "Health");
        described(whole.at("/health/findings/0"), "Finding");
        described(whole.at("/pools/0"), "Pool");
        described(whole.at("/teps/0"), "Tep");
        described(whole.get("client"), "Client");
        described(whole.at("/configurations/0"), "Configuration");
        described(whole.at("/configurations/0/problems/0"), "Trouble");
        described(
                read(Documents.leases(node.server().orElseThrow().leases(Query.first(1))))
                        .at("/leases/0"),
                "Lease");
        described(
                read(Documents.bindings(node.teps().get(0).bindings(Query.first(1))))
                        .at("/bindings/0"),
                "Binding");
        described(read(Documents.problem(404, "Not Found", "There is no such resource.")), "Problem");
    }

    @Test
    void the_api_document_describes_operations_and_history() throws Exception {
        described(read(Documents.outcome(new Outcome(Result.DONE, "Done.", "a", "b"))), "Outcome");
        ConfigHistory.Difference difference = new ConfigHistory.Difference("io.dstm.tep.cfg", "name", null, "x");
        JsonNode snapshots = read(Documents.snapshots(List.of(
                new ConfigHistory.Snapshot(3, FakeNode.NOW, "edit", Set.of("io.dstm.tep.cfg"), List.of(difference)))));
        described(snapshots.get(0), "Snapshot");
        described(snapshots.at("/0/differences/0"), "Difference");
        assertThat(snapshots.at("/0/differences/0/before").isNull()).isTrue();
        LeaseHistory.Entry entry = new LeaseHistory.Entry(
                new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL),
                new ClientId("duid:01", 1),
                Ipv6Address.parse("2001:db8::1"),
                Ipv6Address.parse("2001:db8::2"),
                "main",
                FakeNode.NOW,
                FakeNode.NOW,
                LeaseHistory.End.HELD);
        described(
                read(Documents.history(new LeaseHistory.Answer(List.of(entry), 0, 1)))
                        .at("/entries/0"),
                "Holder");
    }

    @Test
    void the_api_document_names_every_operation_and_its_arguments() throws Exception {
        Set<String> named = new TreeSet<>();
        for (String path : names(api().get("paths"))) {
            if (path.startsWith("/operations/")) {
                String name = path.substring("/operations/".length());
                named.add(name);
                Map<String, String> arguments = new HashMap<>();
                for (String argument : names(api().get("paths")
                        .get(path)
                        .at("/post/requestBody/content/application~1json/schema/properties"))) {
                    arguments.put(
                            argument,
                            Map.of(
                                            "client",
                                            "duid:01/1",
                                            "number",
                                            "1",
                                            "on",
                                            "true",
                                            "force",
                                            "true",
                                            "purpose",
                                            "renew")
                                    .getOrDefault(argument, "x"));
                }
                Order order = Order.parse(name, arguments);
                assertThat(order.arguments()).isEqualTo(arguments);
                assertThat(api().get("paths").get(path).at("/post/summary").asText())
                        .endsWith("Role " + order.needed().word() + ".");
            }
        }
        assertThat(named).hasSize(8);
    }

    @Test
    void a_body_of_numbers_and_truth_values_is_read_as_texts() {
        assertThat(JsonText.readScalars("{\"a\":7,\"b\":true,\"c\":\"d\"}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(Map.of("a", "7", "b", "true", "c", "d"));
        assertThat(JsonText.readScalars("{\"a\":null}".getBytes(StandardCharsets.UTF_8)))
                .isNull();
        assertThat(JsonText.readScalars("{\"a\":[]}".getBytes(StandardCharsets.UTF_8)))
                .isNull();
    }

    @Test
    void the_node_says_what_it_has() throws Exception {
        JsonNode whole = read(Documents.node(node, FakeNode.FINDINGS, FakeNode.NOW));
        assertThat(whole.at("/pools/0/name").asText()).isEqualTo("\"a\\b\"");
        assertThat(whole.at("/pools/0/free").asLong()).isEqualTo(6);
        assertThat(whole.at("/teps/0/counters/in-all-ipv6/bytes").asLong()).isEqualTo(700);
        assertThat(whole.at("/client/lease/until").asText()).isEqualTo("2026-11-21T13:00:00Z");
        assertThat(whole.at("/health/healthy").asBoolean()).isTrue();
        assertThat(whole.at("/health/ready").asBoolean()).isTrue();
        assertThat(whole.at("/configurations/0/accepted").asBoolean()).isFalse();
    }

    @Test
    void a_page_says_where_it_lies() throws Exception {
        JsonNode page = read(Documents.leases(node.server().orElseThrow().leases(new Query(null, null, 3, 1))));
        assertThat(page.get("offset").asInt()).isEqualTo(3);
        assertThat(page.get("total").asInt()).isEqualTo(7);
        assertThat(page.at("/leases/0/state").asText()).isEqualTo("active");
    }

    @Test
    void a_node_without_roles_is_valid_too() throws Exception {
        JsonNode whole = read(Documents.node(bare, List.of(), FakeNode.NOW));
        assertThat(whole.get("server").asBoolean()).isFalse();
        assertThat(whole.get("pools")).isEmpty();
        assertThat(whole.get("client").isNull()).isTrue();
        assertThat(Metrics.of(bare, List.of())).contains("dstm_info{version=\"1.2.3\"} 1\n");
    }

    @Test
    void metrics_are_as_written_down() throws Exception {
        try (InputStream golden = ViewsTest.class.getResourceAsStream("metrics.txt")) {
            assertThat(Metrics.of(node, FakeNode.FINDINGS))
                    .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    @Test
    void a_body_of_texts_is_read() {
        assertThat(JsonText.readTexts("{\"name\":\"a\\u0062\",\"password\":\"\"}".getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(Map.of("name", "ab", "password", ""));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "[]", "{", "{\"a\":1}", "{\"a\":\"b\"}x", "{\"a\":{}}", "null", "{\"a\":\"b\"", "{a:\"b\"}"})
    void a_body_that_is_anything_else_is_none(String body) {
        assertThat(JsonText.readTexts(body.getBytes(StandardCharsets.UTF_8))).isNull();
    }
}
