package io.dstm.shell.internal;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How messages ended.
 *
 * @param counters by endpoint and counter
 */
record MessagesView(Map<String, Map<String, Long>> counters) implements View {

    @Override
    public String text() {
        if (counters.isEmpty()) {
            return "No protocol runs here.\n";
        }
        StringBuilder text = new StringBuilder();
        counters.forEach((endpoint, named) -> {
            text.append(text.isEmpty() ? "" : "\n").append(endpoint).append('\n');
            Table table = new Table("  ", "COUNTER", ">MESSAGES");
            named.forEach((name, value) -> {
                if (value != 0) {
                    table.row(name, value);
                }
            });
            boolean any = named.values().stream().anyMatch(value -> value != 0);
            text.append(any ? table.text() : "  No message yet.\n");
        });
        return text.toString();
    }

    @Override
    public Object json() {
        Map<String, @Nullable Object> json = Json.object();
        json.putAll(counters);
        return json;
    }
}
