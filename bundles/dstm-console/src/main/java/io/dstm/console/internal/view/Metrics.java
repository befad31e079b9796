package io.dstm.console.internal.view;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.LatencyHistogram;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.HealthView.Severity;
import io.dstm.api.management.NodeView;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToLongFunction;

/** The node in Prometheus's text format 0.0.4. Families are whole and in a fixed order, so that two scrapes can be compared. */
public final class Metrics {

    /** The media type. */
    public static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private final StringBuilder out = new StringBuilder();

    private Metrics() {}

    /** The metrics of a node. */
    public static String of(NodeView node, List<Finding> findings) {
        Metrics metrics = new Metrics();
        metrics.family("dstm_info", "gauge", "The version of DSTM on this node.");
        metrics.sample("dstm_info", 1, "version", node.version());
        metrics.health(findings);
        metrics.configurations(node.configurations());
        node.server().ifPresent(server -> {
            metrics.pools(server.pools());
            server.allocationTimes().ifPresent(metrics::allocations);
        });
        metrics.messages(node.messageCounters());
        metrics.teps(node.teps());
        node.client().ifPresent(metrics::client);
        return metrics.out.toString();
    }

    private void health(List<Finding> findings) {
        family("dstm_findings", "gauge", "What is wrong with this node, by severity.");
        for (Severity severity : Severity.values()) {
            sample(
                    "dstm_findings",
                    findings.stream()
                            .filter(finding -> finding.severity() == severity)
                            .count(),
                    "severity",
                    severity.word());
        }
    }

    private void configurations(List<ConfigReport.Entry> entries) {
        family("dstm_configuration_accepted", "gauge", "Whether what is in the file is in force.");
        for (ConfigReport.Entry entry : entries) {
            sample("dstm_configuration_accepted", entry.accepted() ? 1 : 0, "pid", entry.pid());
        }
    }

    private void pools(List<PoolStatus> pools) {
        pools("dstm_pool_capacity", "How many leases the pool can hold.", pools, PoolStatus::capacity);
        pools("dstm_pool_active", "Leases that clients have.", pools, PoolStatus::active);
        pools("dstm_pool_offered", "Leases shown to clients or being made.", pools, PoolStatus::offered);
        pools("dstm_pool_quarantined", "Leases held back after their end.", pools, PoolStatus::quarantined);
        pools("dstm_pool_draining", "Active leases outside the present ranges.", pools, PoolStatus::draining);
        pools("dstm_pool_free", "How many leases can be given now.", pools, PoolStatus::free);
    }

    private void pools(String name, String help, List<PoolStatus> pools, ToLongFunction<PoolStatus> value) {
        family(name, "gauge", help);
        for (PoolStatus pool : pools) {
            sample(name, value.applyAsLong(pool), "pool", pool.name());
        }
    }

    private void allocations(LatencyHistogram times) {
        String name = "dstm_allocation_seconds";
        family(name, "histogram", "How long granted allocations took, from the request to the answer.");
        long count = 0;
        for (int range = 0; range < times.boundsMicros().size(); range++) {
            count += times.counts().get(range);
            sample(name + "_bucket", count, "le", seconds(times.boundsMicros().get(range)));
        }
        sample(name + "_bucket", times.count(), "le", "+Inf");
        out.append(name).append("_sum ").append(seconds(times.sumMicros())).append('\n');
        sample(name + "_count", times.count());
    }

    private static String seconds(long micros) {
        return BigDecimal.valueOf(micros, 6).stripTrailingZeros().toPlainString();
    }

    private void messages(Map<String, Map<String, Long>> counters) {
        family("dstm_messages_total", "counter", "Messages of the protocols by how they ended.");
        counters.forEach((endpoint, outcomes) -> outcomes.forEach(
                (outcome, count) -> sample("dstm_messages_total", count, "endpoint", endpoint, "outcome", outcome)));
    }

    private void teps(List<NodeView.TepView> teps) {
        family("dstm_tep_forwarding", "gauge", "Whether the TEP forwards.");
        for (NodeView.TepView tep : teps) {
            sample(
                    "dstm_tep_forwarding",
                    tep.status().state() == TepStatus.State.FORWARDING ? 1 : 0,
                    "tep",
                    tep.name());
        }
        family("dstm_tep_bindings", "gauge", "How many bindings the TEP has.");
        for (NodeView.TepView tep : teps) {
            sample("dstm_tep_bindings", tep.status().bindings(), "tep", tep.name());
        }
        family("dstm_tep_packets_total", "counter", "Packets by what became of them.");
        for (NodeView.TepView tep : teps) {
            for (CounterValue counter : tep.counters()) {
                sample("dstm_tep_packets_total", counter.packets(), "tep", tep.name(), "outcome", counter.name());
            }
        }
        family("dstm_tep_bytes_total", "counter", "Bytes of packets by what became of them.");
        for (NodeView.TepView tep : teps) {
            for (CounterValue counter : tep.counters()) {
                sample("dstm_tep_bytes_total", counter.bytes(), "tep", tep.name(), "outcome", counter.name());
            }
        }
    }

    private void client(ClientStatus status) {
        family("dstm_client_state", "gauge", "The state of the client: 1 for the one it is in.");
        for (ClientStatus.State state : ClientStatus.State.values()) {
            sample(
                    "dstm_client_state",
                    state == status.state() ? 1 : 0,
                    "state",
                    state.name().toLowerCase(Locale.ROOT));
        }
        family("dstm_client_packets_total", "counter", "Packets on the node by what became of them.");
        for (CounterValue counter : status.counters()) {
            sample("dstm_client_packets_total", counter.packets(), "outcome", counter.name());
        }
        family("dstm_client_bytes_total", "counter", "Bytes of packets on the node by what became of them.");
        for (CounterValue counter : status.counters()) {
            sample("dstm_client_bytes_total", counter.bytes(), "outcome", counter.name());
        }
    }

    private void family(String name, String type, String help) {
        out.append("# HELP ").append(name).append(' ').append(help).append('\n');
        out.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    }

    private void sample(String name, long value, String... labels) {
        out.append(name);
        for (int i = 0; i < labels.length; i += 2) {
            out.append(i == 0 ? '{' : ',')
                    .append(labels[i])
                    .append("=\"")
                    .append(escaped(labels[i + 1]))
                    .append('"');
        }
        out.append(labels.length == 0 ? " " : "} ").append(value).append('\n');
    }

    private static String escaped(String label) {
        return label.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
    }
}
