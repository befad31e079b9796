package io.dstm.management.internal;

import io.dstm.api.config.ConfigHistory.Difference;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** How two sets of configuration files differ, key by key. */
final class ConfigDiff {

    private ConfigDiff() {}

    /** What leads from {@code before} to {@code after}, in order of file and key; both are texts by file name. */
    static List<Difference> between(Map<String, String> before, Map<String, String> after) {
        List<Difference> differences = new ArrayList<>();
        TreeSet<String> files = new TreeSet<>(before.keySet());
        files.addAll(after.keySet());
        for (String file : files) {
            String old = before.get(file);
            String now = after.get(file);
            if (Objects.equals(old, now)) {
                continue;
            }
            if (old == null || now == null) {
                differences.add(new Difference(file, "", old == null ? null : "there", now == null ? null : "there"));
            }
            int known = differences.size();
            keys(file, old, now, differences);
            if (old != null && now != null && differences.size() == known) {
                differences.add(new Difference(file, "", "comments", "other comments"));
            }
        }
        return differences;
    }

    private static void keys(String file, @Nullable String old, @Nullable String now, List<Difference> into) {
        Map<String, String> olds = old == null ? Map.of() : ConfigFiles.properties(old);
        Map<String, String> news = now == null ? Map.of() : ConfigFiles.properties(now);
        TreeSet<String> keys = new TreeSet<>(olds.keySet());
        keys.addAll(news.keySet());
        for (String key : keys) {
            if (!Objects.equals(olds.get(key), news.get(key))) {
                into.add(new Difference(file, key, shown(key, olds.get(key)), shown(key, news.get(key))));
            }
        }
    }

    /** The history is for more eyes than the file. */
    private static @Nullable String shown(String key, @Nullable String value) {
        String lower = key.toLowerCase(Locale.ROOT);
        return value != null && (lower.contains("password") || lower.contains("secret")) ? "(hidden)" : value;
    }
}
