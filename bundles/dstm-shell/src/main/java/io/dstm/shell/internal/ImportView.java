package io.dstm.shell.internal;

import io.dstm.api.management.LeaseTransfer.Outcome;

/**
 * What came of a file of leases.
 *
 * @param trial whether nothing was to be lent
 */
record ImportView(Outcome outcome, boolean trial) implements View {

    @Override
    public String text() {
        StringBuilder text = new StringBuilder();
        outcome.problems().forEach(problem -> text.append(problem.replaceAll("\\p{Cntrl}", "?"))
                .append('\n'));
        if (outcome.problemCount() > outcome.problems().size()) {
            text.append("... and ")
                    .append(outcome.problemCount() - outcome.problems().size())
                    .append(" more\n");
        }
        text.append(outcome.leases()).append(" leases in the file");
        if (outcome.skipped() > 0) {
            text.append(" (and ").append(outcome.skipped()).append(" that are over)");
        }
        text.append(", ").append(outcome.problemCount()).append(" problems, ");
        return text.append(trial ? "nothing was to be imported.\n" : outcome.imported() + " imported.\n")
                .toString();
    }

    @Override
    public Object json() {
        return Json.object(
                "leases", outcome.leases(),
                "skipped", outcome.skipped(),
                "imported", outcome.imported(),
                "dryRun", trial,
                "problemCount", outcome.problemCount(),
                "problems", outcome.problems());
    }
}
