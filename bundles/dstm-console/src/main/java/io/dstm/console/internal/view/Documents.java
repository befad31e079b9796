package io.dstm.console.internal.view;

import com.fasterxml.jackson.core.JsonGenerator;
import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.HealthView;
import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Page;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** The node as JSON: what each resource of the API shows. */
public final class Documents {

    private Documents() {}

    /** Everything that is short: roles, pools, TEPs with their counters, the client, configurations and health. */
    public static JsonText.Document node(NodeView node, List<Finding> findings, Instant now) {
        return json -> {
            json.writeStartObject();
            json.writeStringField("version", node.version());
            json.writeStringField("time", now.toString());
            json.writeBooleanField("server", node.server().isPresent());
            json.writeFieldName("health");
            health(findings).write(json);
            json.writeFieldName("pools");
            pools(node).write(json);
            json.writeFieldName("teps");
            teps(node).write(json);
            json.writeFieldName("client");
            client(node).write(json);
            json.writeFieldName("configurations");
            configurations(node).write(json);
            json.writeEndObject();
        };
    }

    /** What is wrong. */
    public static JsonText.Document health(List<Finding> findings) {
        return json -> {
            json.writeStartObject();
            json.writeBooleanField("healthy", HealthView.healthy(findings));
            json.writeBooleanField("ready", HealthView.ready(findings));
            json.writeArrayFieldStart("findings");
            for (Finding finding : findings) {
                json.writeStartObject();
                json.writeStringField("severity", finding.severity().word());
                json.writeStringField("subject", finding.subject());
                json.writeStringField("sentence", finding.sentence());
                json.writeStringField("advice", finding.advice());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        };
    }

    /** Every pool. */
    public static JsonText.Document pools(NodeView node) {
        return json -> {
            json.writeStartArray();
            for (PoolStatus pool : node.server().map(NodeView.ServerView::pools).orElse(List.of())) {
                json.writeStartObject();
                json.writeStringField("name", pool.name());
                json.writeArrayFieldStart("ranges");
                for (Ipv4Range range : pool.ranges()) {
                    json.writeString(range.toString());
                }
                json.writeEndArray();
                json.writeNumberField("psidLength", pool.psidLength());
                json.writeNumberField("psidOffset", pool.psidOffset());
                json.writeStringField("tep", pool.tep());
                json.writeNumberField("capacity", pool.capacity());
                json.writeNumberField("active", pool.active());
                json.writeNumberField("offered", pool.offered());
                json.writeNumberField("quarantined", pool.quarantined());
                json.writeNumberField("draining", pool.draining());
                json.writeNumberField("reserved", pool.reserved());
                json.writeNumberField("free", pool.free());
                json.writeBooleanField("drains", pool.drains());
                json.writeEndObject();
            }
            json.writeEndArray();
        };
    }

    /** One page of leases. */
    public static JsonText.Document leases(Page<Lease> page) {
        return page("leases", page, Documents::lease);
    }

    private static void lease(JsonGenerator json, Lease lease) throws IOException {
        json.writeStartObject();
        json.writeStringField("address", lease.address().toString());
        json.writeStringField("ports", lease.ports().toString());
        json.writeStringField("client", lease.client().toString());
        json.writeStringField("tunnelSource", lease.tunnelSource().toString());
        json.writeStringField("tunnelAddress", lease.tunnelAddress().toString());
        json.writeStringField("pool", lease.pool());
        json.writeStringField("state", lease.state().name().toLowerCase(Locale.ROOT));
        json.writeStringField("since", lease.since().toString());
        json.writeStringField("until", lease.until().toString());
        json.writeEndObject();
    }

    /** Every TEP with its counters. */
    public static JsonText.Document teps(NodeView node) {
        return json -> {
            json.writeStartArray();
            for (NodeView.TepView tep : node.teps()) {
                TepStatus status = tep.status();
                json.writeStartObject();
                json.writeStringField("name", tep.name());
                json.writeStringField("state", status.state().name().toLowerCase(Locale.ROOT));
                json.writeStringField("detail", status.detail());
                json.writeStringField("device", status.device());
                json.writeStringField("datapath", status.datapath());
                json.writeNumberField("tunnelMtu", status.tunnelMtu());
                json.writeNumberField("bindings", status.bindings());
                json.writeFieldName("counters");
                counters(json, tep.counters());
                json.writeEndObject();
            }
            json.writeEndArray();
        };
    }

    /** One page of a TEP's bindings. */
    public static JsonText.Document bindings(Page<Binding> page) {
        return page("bindings", page, (json, binding) -> {
            json.writeStartObject();
            json.writeStringField("address", binding.key().address().toString());
            json.writeStringField("ports", binding.key().ports().toString());
            json.writeStringField("tunnelSource", binding.tunnelSource().toString());
            json.writeStringField("tunnelAddress", binding.tunnelAddress().toString());
            json.writeStringField("until", binding.expires().toString());
            json.writeEndObject();
        });
    }

    /** The client; {@code null} if there is none. */
    public static JsonText.Document client(NodeView node) {
        return json -> {
            ClientStatus status = node.client().orElse(null);
            if (status == null) {
                json.writeNull();
                return;
            }
            json.writeStartObject();
            json.writeStringField("state", status.state().name().toLowerCase(Locale.ROOT));
            json.writeStringField("detail", status.detail());
            json.writeStringField("device", status.device());
            json.writeStringField("source", status.source());
            ClientLease lease = status.lease();
            json.writeFieldName("lease");
            if (lease == null) {
                json.writeNull();
            } else {
                json.writeStartObject();
                json.writeStringField("address", lease.key().address().toString());
                json.writeStringField("ports", lease.key().ports().toString());
                json.writeStringField("tunnelSource", lease.tunnelSource().toString());
                json.writeStringField("tunnelAddress", lease.tunnelAddress().toString());
                json.writeStringField("until", lease.expires().toString());
                json.writeEndObject();
            }
            json.writeFieldName("counters");
            counters(json, status.counters());
            json.writeEndObject();
        };
    }

    /** Every configuration. */
    public static JsonText.Document configurations(NodeView node) {
        return json -> {
            json.writeStartArray();
            for (ConfigReport.Entry entry : node.configurations()) {
                json.writeStartObject();
                json.writeStringField("pid", entry.pid());
                json.writeBooleanField("accepted", entry.accepted());
                problems(json, "problems", entry.problems());
                problems(json, "warnings", entry.warnings());
                json.writeStringField("changed", entry.changed().toString());
                json.writeEndObject();
            }
            json.writeEndArray();
        };
    }

    /** The configurations that can be returned to, newest first. */
    public static JsonText.Document snapshots(List<ConfigHistory.Snapshot> snapshots) {
        return json -> {
            json.writeStartArray();
            for (ConfigHistory.Snapshot snapshot : snapshots) {
                json.writeStartObject();
                json.writeNumberField("number", snapshot.number());
                json.writeStringField("time", snapshot.time().toString());
                json.writeStringField("origin", snapshot.origin());
                json.writeFieldName("differences");
                differences(snapshot.differences()).write(json);
                json.writeEndObject();
            }
            json.writeEndArray();
        };
    }

    /** How configurations differ, key by key. */
    public static JsonText.Document differences(List<ConfigHistory.Difference> differences) {
        return json -> {
            json.writeStartArray();
            for (ConfigHistory.Difference difference : differences) {
                json.writeStartObject();
                json.writeStringField("file", difference.file());
                json.writeStringField("key", difference.key());
                json.writeStringField("before", difference.before());
                json.writeStringField("after", difference.after());
                json.writeEndObject();
            }
            json.writeEndArray();
        };
    }

    /** One page of who held what when. */
    public static JsonText.Document history(LeaseHistory.Answer answer) {
        return page("entries", new Page<>(answer.entries(), answer.offset(), answer.total()), (json, entry) -> {
            json.writeStartObject();
            json.writeStringField("address", entry.key().address().toString());
            json.writeStringField("ports", entry.key().ports().toString());
            json.writeStringField("client", entry.client().toString());
            json.writeStringField("tunnelSource", entry.tunnelSource().toString());
            json.writeStringField("tunnelAddress", entry.tunnelAddress().toString());
            json.writeStringField("pool", entry.pool());
            json.writeStringField("from", entry.from().toString());
            json.writeStringField("to", entry.to().toString());
            json.writeStringField("end", entry.end().name().toLowerCase(Locale.ROOT));
            json.writeEndObject();
        });
    }

    /** What came of an operation. */
    public static JsonText.Document outcome(Operations.Outcome outcome) {
        return json -> {
            json.writeStartObject();
            json.writeStringField("result", outcome.result().name().toLowerCase(Locale.ROOT));
            json.writeStringField("sentence", outcome.sentence());
            json.writeStringField("before", outcome.before());
            json.writeStringField("after", outcome.after());
            json.writeEndObject();
        };
    }

    private static void problems(JsonGenerator json, String name, List<ConfigProblem> problems) throws IOException {
        json.writeArrayFieldStart(name);
        for (ConfigProblem problem : problems) {
            json.writeStartObject();
            json.writeStringField("key", problem.key());
            json.writeStringField("reason", problem.reason());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void counters(JsonGenerator json, List<CounterValue> counters) throws IOException {
        json.writeStartObject();
        for (CounterValue counter : counters) {
            json.writeObjectFieldStart(counter.name());
            json.writeNumberField("packets", counter.packets());
            json.writeNumberField("bytes", counter.bytes());
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    /** An error as RFC 9457 has it. */
    public static JsonText.Document problem(int status, String title, String detail) {
        return json -> {
            json.writeStartObject();
            json.writeStringField("type", "about:blank");
            json.writeStringField("title", title);
            json.writeNumberField("status", status);
            json.writeStringField("detail", detail);
            json.writeEndObject();
        };
    }

    /** How an item is written. */
    @FunctionalInterface
    private interface Item<T> {
        void write(JsonGenerator json, T item) throws IOException;
    }

    private static <T> JsonText.Document page(String name, Page<T> page, Item<T> item) {
        return json -> {
            json.writeStartObject();
            json.writeArrayFieldStart(name);
            for (T one : page.items()) {
                item.write(json, one);
            }
            json.writeEndArray();
            json.writeNumberField("offset", page.offset());
            json.writeNumberField("total", page.total());
            json.writeEndObject();
        };
    }
}
