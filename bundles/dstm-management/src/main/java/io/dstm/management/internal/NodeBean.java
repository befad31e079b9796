package io.dstm.management.internal;

import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.management.HealthView;
import io.dstm.api.management.Order;
import java.util.ArrayList;
import java.util.List;

/** The node in JMX's types. */
final class NodeBean implements NodeMXBean {

    private final LocalNode node;
    private final JmxDoor door;

    NodeBean(LocalNode node, JmxDoor door) {
        this.node = node;
        this.door = door;
    }

    @Override
    public String getVersion() {
        return node.version();
    }

    @Override
    public List<String> getRoles() {
        List<String> roles = new ArrayList<>();
        node.server().ifPresent(server -> roles.add("server"));
        if (!node.teps().isEmpty()) {
            roles.add("tep");
        }
        node.client().ifPresent(client -> roles.add("client"));
        return roles;
    }

    @Override
    public List<Configuration> getConfigurations() {
        return node.configurations().stream().map(NodeBean::configuration).toList();
    }

    private static Configuration configuration(ConfigReport.Entry entry) {
        return new Configuration(
                entry.pid(),
                entry.accepted(),
                entry.problems().stream().map(ConfigProblem::toString).toList(),
                entry.warnings().stream().map(ConfigProblem::toString).toList(),
                entry.changed().toString());
    }

    @Override
    public int getRefusedConfigurations() {
        return (int) node.configurations().stream()
                .filter(entry -> !entry.accepted())
                .count();
    }

    @Override
    public List<FindingData> getFindings() {
        return Health.of(node).stream()
                .map(finding -> new FindingData(
                        finding.severity().name(), finding.subject(), finding.sentence(), finding.advice()))
                .toList();
    }

    @Override
    public boolean isHealthy() {
        return HealthView.healthy(Health.of(node));
    }

    @Override
    public boolean isReady() {
        return HealthView.ready(Health.of(node));
    }

    @Override
    public List<SnapshotData> getConfigurationHistory() {
        ConfigHistory history = node.configHistory();
        return history == null
                ? List.of()
                : history.snapshots().stream().map(NodeBean::snapshot).toList();
    }

    private static SnapshotData snapshot(ConfigHistory.Snapshot snapshot) {
        return new SnapshotData(
                snapshot.number(),
                snapshot.time().toString(),
                snapshot.origin(),
                snapshot.differences().stream().map(NodeBean::change).toList());
    }

    private static String change(ConfigHistory.Difference difference) {
        return difference.file() + " " + difference.key() + ": " + difference.before() + " -> " + difference.after();
    }

    @Override
    public OutcomeData reload() {
        return OutcomeData.of(door.perform(new Order.Reload()));
    }

    @Override
    public OutcomeData rollBack(int number, boolean force) {
        return OutcomeData.of(door.perform(new Order.RollBack(number, force)));
    }
}
