package io.dstm.shell.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Aligns rows under a head line. Numbers stand to the right, everything else to the left; no blank ends a line. */
final class Table {

    private static final String GAP = "  ";

    private final String indent;
    private final List<String[]> rows = new ArrayList<>();
    private final boolean[] right;

    /**
     * A table without rows.
     *
     * @param indent what begins each line
     * @param columns the heads; one that begins with {@code >} stands, with its column, to the right
     */
    Table(String indent, String... columns) {
        this.indent = indent;
        this.right = new boolean[columns.length];
        String[] heads = new String[columns.length];
        for (int i = 0; i < columns.length; i++) {
            right[i] = columns[i].startsWith(">");
            heads[i] = right[i] ? columns[i].substring(1) : columns[i];
        }
        rows.add(heads);
    }

    /** Appends a row of as many cells as there are columns. */
    Table row(Object... cells) {
        rows.add(Arrays.stream(cells).map(String::valueOf).map(Table::printable).toArray(String[]::new));
        return this;
    }

    /** What comes from clients and files must not move the operator's cursor. */
    static String printable(String cell) {
        return cell.replaceAll("\\p{Cntrl}", "?");
    }

    /** The lines, each with a line feed; nothing without rows and heads. */
    String text() {
        int[] widths = new int[right.length];
        for (String[] row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        for (String[] row : rows) {
            StringBuilder line = new StringBuilder(indent);
            for (int i = 0; i < widths.length; i++) {
                String padding = " ".repeat(widths[i] - row[i].length());
                line.append(i == 0 ? "" : GAP)
                        .append(right[i] ? padding : "")
                        .append(row[i])
                        .append(right[i] ? "" : padding);
            }
            text.append(line.toString().stripTrailing()).append('\n');
        }
        return text.toString();
    }
}
