package io.dstm.shell.internal;

import io.dstm.api.lease.LeaseHistory.Answer;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseHistory.Entry;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Who held what when. Times are absolute and in UTC: this is read beside somebody else's log.
 *
 * @param answer what is shown
 * @param keep how long the past is kept
 */
record HistoryView(Answer answer, Duration keep) implements View {

    @Override
    public String text() {
        if (answer.total() == 0) {
            return "Nobody is known to have held that then. "
                    + (keep.isZero()
                            ? "Only present leases are known: history.keep in etc/io.dstm.store.cfg is 0.\n"
                            : "The past is kept for " + keep.toDays() + "d " + keep.toHoursPart() + "h.\n");
        }
        Table table = new Table("", "ADDRESS", "PORTS", "CLIENT", "TUNNEL SOURCE", "POOL", "FROM", "TO", "END");
        for (Entry entry : answer.entries()) {
            table.row(
                    entry.key().address(),
                    entry.key().ports(),
                    entry.client(),
                    entry.tunnelSource(),
                    entry.pool(),
                    entry.from(),
                    entry.end() == End.HELD ? "now" : entry.to(),
                    spelling(entry.end()));
        }
        return table.text()
                + (answer.entries().size() == answer.total()
                        ? ""
                        : answer.entries().size() + " of " + answer.total()
                                + " holders. --offset and --limit show others, a port and a time narrow them down.\n");
    }

    private static String spelling(End end) {
        return end.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public Object json() {
        return Json.object(
                "total",
                answer.total(),
                "offset",
                answer.offset(),
                "keepSeconds",
                keep.toSeconds(),
                "holders",
                answer.entries().stream().map(HistoryView::json).toList());
    }

    private static Map<String, @Nullable Object> json(Entry entry) {
        Map<String, @Nullable Object> json = Spelling.json(entry.key());
        json.putAll(Json.object(
                "client", entry.client(),
                "tunnelSource", entry.tunnelSource(),
                "tunnelAddress", entry.tunnelAddress(),
                "pool", entry.pool(),
                "from", entry.from(),
                "to", entry.to(),
                "end", spelling(entry.end())));
        return json;
    }
}
