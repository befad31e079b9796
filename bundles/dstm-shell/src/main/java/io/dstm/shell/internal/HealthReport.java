package io.dstm.shell.internal;

import io.dstm.api.management.HealthView;
import io.dstm.api.management.HealthView.Finding;
import java.util.List;

/**
 * What is wrong with the node.
 *
 * @param findings the worst first
 */
record HealthReport(List<Finding> findings) implements View {

    @Override
    public String text() {
        if (findings.isEmpty()) {
            return "All is well.\n";
        }
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            text.append(Table.printable(
                            finding.severity().word() + "  " + finding.subject() + ": " + finding.sentence()))
                    .append("\n    ")
                    .append(Table.printable(finding.advice()))
                    .append('\n');
        }
        return text.toString();
    }

    @Override
    public Object json() {
        return Json.object(
                "healthy",
                HealthView.healthy(findings),
                "ready",
                HealthView.ready(findings),
                "findings",
                findings.stream()
                        .map(finding -> Json.object(
                                "severity", finding.severity().word(),
                                "subject", finding.subject(),
                                "sentence", finding.sentence(),
                                "advice", finding.advice()))
                        .toList());
    }
}
