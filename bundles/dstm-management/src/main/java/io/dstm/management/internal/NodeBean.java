package io.dstm.management.internal;

import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.management.NodeView;
import java.util.ArrayList;
import java.util.List;

/** The node in JMX's types. */
final class NodeBean implements NodeMXBean {

    private final NodeView node;

    NodeBean(NodeView node) {
        this.node = node;
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
}
