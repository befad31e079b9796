package io.dstm.shell.internal;

import io.dstm.api.management.HealthView.Finding;
import io.dstm.api.management.HealthView.Severity;
import java.util.List;
import java.util.Locale;

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
                            word(finding.severity()) + "  " + finding.subject() + ": " + finding.sentence()))
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
                findings.stream().noneMatch(finding -> finding.severity() == Severity.FAILING),
                "ready",
                findings.stream().allMatch(finding -> finding.severity() == Severity.WARNING),
                "findings",
                findings.stream()
                        .map(finding -> Json.object(
                                "severity", word(finding.severity()),
                                "subject", finding.subject(),
                                "sentence", finding.sentence(),
                                "advice", finding.advice()))
                        .toList());
    }

    private static String word(Severity severity) {
        return severity.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
