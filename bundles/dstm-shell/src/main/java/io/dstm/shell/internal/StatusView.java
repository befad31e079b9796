package io.dstm.shell.internal;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.NodeView;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * Everything that is on the node and how it is.
 *
 * @param version of DSTM
 * @param pools the server's pools; {@code null} without a server
 * @param teps the TEPs
 * @param client the client; {@code null} without one
 * @param configurations every configuration that was seen
 * @param now the present moment, for times that are told as a distance
 */
record StatusView(
        String version,
        @Nullable List<PoolStatus> pools,
        List<Tep> teps,
        @Nullable ClientStatus client,
        List<ConfigReport.Entry> configurations,
        Instant now)
        implements View {

    /**
     * A TEP.
     *
     * @param name its name
     * @param status how it is
     * @param counters its counters
     */
    record Tep(String name, TepStatus status, List<CounterValue> counters) {}

    /** What there is at this moment. */
    static StatusView of(NodeView node, Instant now) {
        return new StatusView(
                node.version(),
                node.server().map(NodeView.ServerView::pools).orElse(null),
                node.teps().stream()
                        .map(tep -> new Tep(tep.name(), tep.status(), tep.counters()))
                        .toList(),
                node.client().orElse(null),
                node.configurations(),
                now);
    }

    private List<String> roles() {
        List<String> roles = new ArrayList<>();
        if (pools != null) {
            roles.add("server");
        }
        if (!teps.isEmpty()) {
            roles.add("TEP");
        }
        if (client != null) {
            roles.add("client");
        }
        return roles;
    }

    @Override
    public String text() {
        StringBuilder text = new StringBuilder("DSTM ").append(version).append(": ");
        text.append(
                roles().isEmpty()
                        ? "no role runs here. Install dstm-server, dstm-tep or dstm-client (feature:install) and configure it"
                                + " (etc/examples)."
                        : String.join(", ", roles()));
        text.append('\n');
        if (pools != null) {
            server(text, pools);
        }
        teps.forEach(tep -> tep(text, tep));
        if (client != null) {
            client(text, client);
        }
        configurations(text);
        return text.toString();
    }

    private static void line(StringBuilder text, String name, Object value) {
        if (!value.toString().isEmpty()) {
            text.append(String.format("  %-11s %s\n", name, value));
        }
    }

    private static void server(StringBuilder text, List<PoolStatus> pools) {
        text.append("\nServer\n");
        line(text, "pools", pools.isEmpty() ? "none: it lends nothing (etc/io.dstm.pool-NAME.cfg)" : pools.size());
        line(
                text,
                "leases",
                sum(pools, PoolStatus::active) + " active, " + sum(pools, PoolStatus::offered) + " offered, "
                        + sum(pools, PoolStatus::quarantined) + " quarantined, " + sum(pools, PoolStatus::draining)
                        + " draining, " + sum(pools, PoolStatus::free) + " free of "
                        + sum(pools, PoolStatus::capacity));
        pools.stream()
                .filter(pool -> pool.free() == 0)
                .forEach(pool -> line(text, "exhausted", "pool " + pool.name() + " can give no more leases"));
    }

    private static long sum(List<PoolStatus> pools, ToLongFunction<PoolStatus> count) {
        return pools.stream().mapToLong(count).sum();
    }

    private static void tep(StringBuilder text, Tep tep) {
        text.append("\nTEP ").append(tep.name()).append('\n');
        line(text, "state", state(tep.status().state(), tep.status().detail()));
        line(text, "device", tep.status().device());
        line(text, "datapath", tep.status().datapath());
        line(text, "tunnel MTU", tep.status().tunnelMtu());
        line(text, "bindings", tep.status().bindings());
        text.append(Spelling.counters(tep.counters()));
    }

    private static String state(Enum<?> state, String detail) {
        return detail.isEmpty() ? state.name() : state + ": " + detail;
    }

    private void client(StringBuilder text, ClientStatus status) {
        text.append("\nClient\n");
        line(text, "state", state(status.state(), status.detail()));
        line(text, "device", status.device());
        line(text, "source", status.source());
        if (!status.datapath().isEmpty()) {
            line(text, "datapath", status.datapath());
        }
        ClientLease lease = status.lease();
        if (lease == null) {
            line(text, "lease", "none");
        } else {
            line(text, "lease", lease.key());
            line(text, "tunnel", lease.tunnelSource() + " -> " + lease.tunnelAddress());
            line(
                    text,
                    "ends",
                    lease.expires().truncatedTo(ChronoUnit.SECONDS) + " (" + Spelling.relative(lease.expires(), now)
                            + "), " + (lease.renewable() ? "renewable" : "not renewable"));
        }
        text.append(Spelling.counters(status.counters()));
    }

    private void configurations(StringBuilder text) {
        List<ConfigReport.Entry> refused =
                configurations.stream().filter(entry -> !entry.accepted()).toList();
        text.append("\nConfigurations\n");
        line(text, "in force", configurations.size() - refused.size());
        line(text, "refused", refused.size());
        for (ConfigReport.Entry entry : refused) {
            text.append("  ")
                    .append(entry.pid())
                    .append(" is refused since ")
                    .append(entry.changed().truncatedTo(ChronoUnit.SECONDS))
                    .append('\n');
            for (ConfigProblem problem : entry.problems()) {
                problem(text, problem);
            }
        }
        for (ConfigReport.Entry entry : configurations) {
            if (!entry.warnings().isEmpty()) {
                text.append("  ").append(entry.pid()).append(" has warnings\n");
                entry.warnings().forEach(warning -> problem(text, warning));
            }
        }
    }

    private static void problem(StringBuilder text, ConfigProblem problem) {
        text.append("    ")
                .append(problem.toString().replaceAll("\\p{Cntrl}", "?"))
                .append('\n');
    }

    @Override
    public Object json() {
        return Json.object(
                "version",
                version,
                "server",
                pools == null ? null : new PoolsView(pools).json(),
                "teps",
                teps.stream().map(StatusView::json).toList(),
                "client",
                client == null ? null : json(client),
                "configurations",
                configurations.stream().map(StatusView::json).toList());
    }

    private static Object json(Tep tep) {
        return Json.object(
                "name", tep.name(),
                "state", tep.status().state(),
                "detail", tep.status().detail(),
                "device", tep.status().device(),
                "datapath", tep.status().datapath(),
                "tunnelMtu", tep.status().tunnelMtu(),
                "bindings", tep.status().bindings(),
                "counters", Spelling.json(tep.counters()));
    }

    private static Object json(ClientStatus status) {
        return Json.object(
                "state", status.state(),
                "detail", status.detail(),
                "device", status.device(),
                "source", status.source(),
                "datapath", status.datapath(),
                "lease", json(status.lease()),
                "counters", Spelling.json(status.counters()));
    }

    private static @Nullable Object json(@Nullable ClientLease lease) {
        if (lease == null) {
            return null;
        }
        Map<String, @Nullable Object> json = Spelling.json(lease.key());
        json.putAll(Json.object(
                "tunnelSource", lease.tunnelSource(),
                "tunnelAddress", lease.tunnelAddress(),
                "obtained", lease.obtained(),
                "renewAfter", lease.renewAfter().toSeconds(),
                "rebindAfter", lease.rebindAfter().toSeconds(),
                "valid", lease.valid().toSeconds(),
                "expires", lease.expires(),
                "renewable", lease.renewable()));
        return json;
    }

    private static Object json(ConfigReport.Entry entry) {
        return Json.object(
                "pid", entry.pid(),
                "accepted", entry.accepted(),
                "changed", entry.changed(),
                "problems", json(entry.problems()),
                "warnings", json(entry.warnings()));
    }

    private static Object json(List<ConfigProblem> problems) {
        return problems.stream()
                .map(problem -> Json.object("key", problem.key(), "reason", problem.reason()))
                .toList();
    }
}
