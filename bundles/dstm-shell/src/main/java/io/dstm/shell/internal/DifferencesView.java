package io.dstm.shell.internal;

import io.dstm.api.config.ConfigHistory.Difference;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How configurations differ.
 *
 * @param head what the list is of
 */
record DifferencesView(String head, List<Difference> differences) implements View {

    @Override
    public String text() {
        return head + "\n" + lines(differences);
    }

    /** A line each, in the manner of diff. */
    static String lines(List<Difference> differences) {
        StringBuilder text = new StringBuilder();
        for (Difference difference : differences) {
            String before = difference.before();
            String after = difference.after();
            String sign = before == null ? "+" : after == null ? "-" : "~";
            text.append("  ").append(sign).append(' ').append(difference.file());
            if (!difference.key().isEmpty()) {
                text.append("  ").append(difference.key()).append(" = ");
                text.append(before == null ? after : after == null ? before : before + " -> " + after);
            } else if (before != null && after != null) {
                text.append("  comments");
            }
            text.append('\n');
        }
        return text.toString().replaceAll("[\\p{Cntrl}&&[^\n]]", "?");
    }

    @Override
    public Object json() {
        return Json.object("head", head, "differences", json(differences));
    }

    static List<Map<String, @Nullable Object>> json(List<Difference> differences) {
        return differences.stream()
                .map(difference -> Json.object(
                        "file", difference.file(),
                        "key", difference.key(),
                        "before", difference.before(),
                        "after", difference.after()))
                .toList();
    }
}
