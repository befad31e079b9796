package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory.Snapshot;
import java.util.List;
import java.util.TreeSet;

/** Accepted configurations, newest first. */
record ConfigHistoryView(List<Snapshot> snapshots) implements View {

    @Override
    public String text() {
        if (snapshots.isEmpty()) {
            return "No accepted configuration is kept.\n";
        }
        StringBuilder text = new StringBuilder();
        for (Snapshot snapshot : snapshots) {
            text.append(snapshot.number())
                    .append("  ")
                    .append(snapshot.time())
                    .append("  ")
                    .append(snapshot.origin())
                    .append('\n')
                    .append(DifferencesView.lines(snapshot.differences()));
        }
        return text.toString();
    }

    @Override
    public Object json() {
        return Json.object(
                "configurations",
                snapshots.stream()
                        .map(snapshot -> Json.object(
                                "number", snapshot.number(),
                                "time", snapshot.time(),
                                "origin", snapshot.origin(),
                                "files", List.copyOf(new TreeSet<>(snapshot.files())),
                                "differences", DifferencesView.json(snapshot.differences())))
                        .toList());
    }
}
