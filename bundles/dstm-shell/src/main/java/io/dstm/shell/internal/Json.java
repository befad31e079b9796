package io.dstm.shell.internal;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes JSON (RFC 8259), indented by two blanks, in the order of insertion. */
final class Json {

    private final StringBuilder out = new StringBuilder();

    private Json() {}

    /** An object of alternating keys and values. */
    static Map<String, @Nullable Object> object(@Nullable Object... keysAndValues) {
        Map<String, @Nullable Object> object = new LinkedHashMap<>();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            object.put(String.valueOf(keysAndValues[i]), keysAndValues[i + 1]);
        }
        return object;
    }

    /**
     * The text of a value, with a line feed at its end.
     *
     * @param value a map, a list, a number, a truth value or {@code null}; anything else is written as its text
     */
    static String write(@Nullable Object value) {
        Json json = new Json();
        json.value(value, "\n");
        return json.out.append('\n').toString();
    }

    private void value(@Nullable Object value, String newLine) {
        if (value instanceof Map<?, ?> map) {
            members('{', '}', map.entrySet().iterator(), newLine);
        } else if (value instanceof List<?> list) {
            members('[', ']', list.iterator(), newLine);
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            out.append(value);
        } else {
            text(value.toString());
        }
    }

    private void members(char open, char close, Iterator<?> members, String newLine) {
        out.append(open);
        if (members.hasNext()) {
            String inner = newLine + "  ";
            while (members.hasNext()) {
                out.append(inner);
                Object member = members.next();
                if (member instanceof Map.Entry<?, ?> entry) {
                    text(String.valueOf(entry.getKey()));
                    out.append(": ");
                    value(entry.getValue(), inner);
                } else {
                    value(member, inner);
                }
                if (members.hasNext()) {
                    out.append(',');
                }
            }
            out.append(newLine);
        }
        out.append(close);
    }

    private void text(String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                default -> {
                    if (c < 0x20 || c == 0x7F) {
                        out.append(String.format("\\u%04x", (int) c));
                    } else {
                        out.append(isLoneSurrogate(text, i) ? '\uFFFD' : c);
                    }
                }
            }
        }
        out.append('"');
    }

    /** Half a character has no form in UTF-8, and parsers refuse it. */
    private static boolean isLoneSurrogate(String text, int index) {
        char c = text.charAt(index);
        return Character.isHighSurrogate(c)
                        && (index + 1 == text.length() || !Character.isLowSurrogate(text.charAt(index + 1)))
                || Character.isLowSurrogate(c) && (index == 0 || !Character.isHighSurrogate(text.charAt(index - 1)));
    }
}
