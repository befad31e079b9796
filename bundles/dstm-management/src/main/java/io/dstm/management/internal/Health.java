package io.dstm.management.internal;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.HealthView.Severity;
import io.dstm.api.management.NodeView;
import io.dstm.api.tep.TepStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells from the view of a node what is wrong with it. */
final class Health {

    /** A pool this full, in percent, is worth a word before it is exhausted. */
    static final int NEARLY_FULL_PERCENT = 90;

    private final List<Finding> findings = new ArrayList<>();

    private Health() {}

    /** What is wrong, the worst first. */
    static List<Finding> of(NodeView node) {
        return of(node, HeapUse.now());
    }

    /** What is wrong with a node in a heap of which so much is in use. */
    static List<Finding> of(NodeView node, HeapUse heap) {
        Health health = new Health();
        health.roles(node);
        health.heap(heap);
        health.configurations(node.configurations());
        Set<String> teps = node.teps().stream().map(NodeView.TepView::name).collect(Collectors.toSet());
        node.server().ifPresent(server -> health.pools(server.pools(), teps));
        node.teps().forEach(tep -> health.tep(tep.name(), tep.status()));
        node.client().ifPresent(health::client);
        health.findings.sort(Comparator.comparing(Finding::severity).reversed());
        return List.copyOf(health.findings);
    }

    private void found(Severity severity, String subject, String sentence, String advice) {
        findings.add(new Finding(severity, subject, sentence, advice));
    }

    private void roles(NodeView node) {
        if (node.server().isEmpty() && node.teps().isEmpty() && node.client().isEmpty()) {
            found(
                    Severity.NOT_READY,
                    "node",
                    "No role works on this node.",
                    "Configure one: etc/io.dstm.server.cfg, etc/io.dstm.tep.cfg or etc/io.dstm.client.cfg, with the"
                            + " feature of that role installed.");
        }
    }

    private void heap(HeapUse heap) {
        if (heap.isNearlyFull()) {
            found(
                    Severity.WARNING,
                    "heap",
                    "The Java heap is nearly full of what is in use, " + megabytes(heap.used()) + " of "
                            + megabytes(heap.most()) + " MB, so everything slows down.",
                    "Set DSTM_HEAP in the environment of bin/start (packages: /etc/default/dstm): about 1g for each million leases, 200m for each million"
                            + " bindings of a TEP; then restart.");
        }
    }

    private static long megabytes(long octets) {
        return octets >> 20;
    }

    private void configurations(List<ConfigReport.Entry> entries) {
        for (ConfigReport.Entry entry : entries) {
            if (!entry.accepted()) {
                found(
                        Severity.WARNING,
                        "configuration " + entry.pid(),
                        "The configuration is refused and the last good one stays in force: "
                                + entry.problems().stream().map(String::valueOf).collect(Collectors.joining("; "))
                                + ".",
                        "Correct etc/" + entry.pid().replace('~', '-') + ".cfg; it is read again as soon as it is"
                                + " written.");
            } else {
                String warnings = entry.warnings().stream()
                        // That a pool has no TEP is told of the pool.
                        .filter(warning -> !warning.key().equals("tep"))
                        .map(String::valueOf)
                        .collect(Collectors.joining("; "));
                if (!warnings.isEmpty()) {
                    found(
                            Severity.WARNING,
                            "configuration " + entry.pid(),
                            "It is in force, but: " + warnings + ".",
                            "Look whether etc/" + entry.pid().replace('~', '-') + ".cfg says what you mean.");
                }
            }
        }
    }

    private void pools(List<PoolStatus> pools, Set<String> teps) {
        if (pools.isEmpty()) {
            found(
                    Severity.NOT_READY,
                    "server",
                    "The server has no pool to lend from.",
                    "Write etc/io.dstm.pool-NAME.cfg with at least 'ranges'.");
        }
        for (PoolStatus pool : pools) {
            String subject = "pool " + pool.name();
            if (!teps.contains(pool.tep())) {
                found(
                        Severity.FAILING,
                        subject,
                        "Its TEP '" + pool.tep() + "' is not there, so nothing is lent from it.",
                        "Start the TEP of that name, or name another one in the pool's key 'tep'.");
            }
            if (pool.capacity() > 0 && pool.free() == 0) {
                found(
                        Severity.FAILING,
                        subject,
                        "It is exhausted: " + pool.active() + " leases, " + pool.quarantined()
                                + " in quarantine, none free.",
                        "Give it more ranges, share addresses (psid.length), or shorten lease.time.");
            } else if (pool.capacity() > 0
                    && (pool.capacity() - pool.free()) * 100 >= pool.capacity() * NEARLY_FULL_PERCENT) {
                found(
                        Severity.WARNING,
                        subject,
                        "It is nearly full: " + pool.free() + " of " + pool.capacity() + " free.",
                        "Give it more ranges before it is exhausted.");
            }
        }
    }

    private void tep(String name, TepStatus status) {
        String subject = "TEP " + name;
        String detail = status.detail().isEmpty() ? "" : ": " + status.detail();
        if (status.state() == TepStatus.State.WAITING) {
            found(
                    Severity.NOT_READY,
                    subject,
                    "It judges no packet yet" + detail + ".",
                    "It starts once a server has given it its bindings: check that the server runs and that a pool"
                            + " names this TEP.");
        } else if (status.state() == TepStatus.State.FAILED) {
            found(
                    Severity.FAILING,
                    subject,
                    "It cannot forward" + detail + ".",
                    "See the messages DSTM-2xxx and DSTM-6xxx in the log.");
        } else if (status.state() == TepStatus.State.STOPPED) {
            found(Severity.FAILING, subject, "It is stopped" + detail + ".", "Start the bundle io.dstm-tep-bundle.");
        } else if (!detail.isEmpty()) {
            found(
                    Severity.WARNING,
                    subject,
                    "It forwards, but not all is well" + detail + ".",
                    "See the messages DSTM-2xxx in the log.");
        }
    }

    private void client(ClientStatus status) {
        if (status.state() == ClientStatus.State.FAILED) {
            found(
                    Severity.FAILING,
                    "client",
                    "It cannot work: " + status.detail() + ".",
                    "See the messages DSTM-3xxx in the log.");
        }
    }
}
