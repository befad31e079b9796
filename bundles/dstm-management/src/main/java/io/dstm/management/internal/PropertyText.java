package io.dstm.management.internal;

import java.util.regex.Pattern;

/** The text of a configuration file, changed in one key; comments and everything else stay as somebody wrote them. */
final class PropertyText {

    private PropertyText() {}

    /** The text with {@code key} set to {@code value}; an empty value takes the key away. */
    static String with(String text, String key, String value) {
        Pattern begin = Pattern.compile("\\s*" + Pattern.quote(key) + "\\s*([=:].*|\\s.*)?", Pattern.DOTALL);
        StringBuilder out = new StringBuilder();
        boolean written = false;
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            int last = i;
            while (isContinued(lines[last]) && last + 1 < lines.length) {
                last++;
            }
            if (isComment(lines[i])) {
                last = i;
            }
            if (!isComment(lines[i]) && begin.matcher(lines[i]).matches()) {
                if (!written && !value.isEmpty()) {
                    out.append(line(key, value)).append('\n');
                }
                written = true;
            } else {
                for (int j = i; j <= last; j++) {
                    out.append(lines[j]).append(j + 1 < lines.length ? "\n" : "");
                }
            }
            i = last;
        }
        if (!written && !value.isEmpty()) {
            if (out.length() > 0 && out.charAt(out.length() - 1) != '\n') {
                out.append('\n');
            }
            if (lines.length > 1 && lines[lines.length - 1].isEmpty() && isContinued(lines[lines.length - 2])) {
                // The last line waits for more, which must not be this one.
                out.append('\n');
            }
            out.append(line(key, value)).append('\n');
        }
        return out.toString();
    }

    private static String line(String key, String value) {
        return key + " = " + value.replace("\\", "\\\\");
    }

    private static boolean isComment(String line) {
        String bare = line.stripLeading();
        return bare.startsWith("#") || bare.startsWith("!");
    }

    private static boolean isContinued(String line) {
        int backslashes = 0;
        while (backslashes < line.length() && line.charAt(line.length() - 1 - backslashes) == '\\') {
            backslashes++;
        }
        return backslashes % 2 == 1;
    }
}
