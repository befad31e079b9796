package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory.Difference;
import io.dstm.api.config.ConfigHistory.Snapshot;
import io.dstm.api.config.ConfigReport;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Configurations as they are.
 *
 * @param entries what each part says
 * @param snapshots what was accepted before, newest first
 * @param pending how the files differ from the newest of those
 */
record ConfigView(List<ConfigReport.Entry> entries, List<Snapshot> snapshots, List<Difference> pending)
        implements View {

    @Override
    public String text() {
        StringBuilder text = new StringBuilder();
        if (entries.isEmpty()) {
            text.append("No role that is configured runs here.\n");
        } else {
            Table table = new Table("", "CONFIGURATION", "STATE", "SINCE");
            entries.forEach(
                    entry -> table.row(entry.pid(), entry.accepted() ? "in force" : "REFUSED", entry.changed()));
            text.append(table.text());
            for (ConfigReport.Entry entry : entries) {
                entry.problems().forEach(problem -> text.append("  ")
                        .append(entry.pid())
                        .append(": ")
                        .append(problem)
                        .append('\n'));
            }
        }
        if (snapshots.isEmpty()) {
            text.append("No accepted configuration is kept yet.\n");
        } else {
            Snapshot last = snapshots.get(0);
            text.append("Last accepted: ")
                    .append(last.number())
                    .append(", ")
                    .append(last.time())
                    .append(", ")
                    .append(last.origin())
                    .append('\n');
            if (!pending.isEmpty()) {
                text.append("Changed since, and not accepted (yet):\n").append(DifferencesView.lines(pending));
            }
        }
        return text.toString();
    }

    @Override
    public Object json() {
        return Json.object(
                "configurations",
                entries.stream().map(ConfigView::json).toList(),
                "lastAccepted",
                snapshots.isEmpty() ? null : snapshots.get(0).number(),
                "pending",
                DifferencesView.json(pending));
    }

    private static Map<String, @Nullable Object> json(ConfigReport.Entry entry) {
        return Json.object(
                "pid", entry.pid(),
                "accepted", entry.accepted(),
                "problems", VerdictsView.json(entry.problems()),
                "changed", entry.changed());
    }
}
