package io.dstm.management.internal;

import io.dstm.api.net.Ipv6Address;
import java.util.ArrayList;
import java.util.List;

/**
 * Part of the text of an IPv6 address. Numbers are compared first: a search goes over a million addresses, and to make the text of each
 * would take most of its time.
 */
final class AddressPart {

    private static final int GROUPS = 8;
    private static final int DIGITS_OF_GROUP = 4;

    private final String wanted;

    /** What must be in some group of an address; the last first, where hosts of a network differ. */
    private final List<Digits> parts = new ArrayList<>();

    /** Whether an address can have it in its text at all. */
    private final boolean possible;

    /** A part in lower case. */
    AddressPart(String wanted) {
        this.wanted = wanted;
        boolean dotted = wanted.indexOf('.') >= 0;
        boolean fits = wanted.chars().allMatch(c -> c == ':' || c == '.' || c < 128 && Character.digit(c, 16) >= 0);
        if (fits && !dotted) {
            String[] tokens = wanted.split(":", -1);
            for (int i = tokens.length - 1; i >= 0; i--) {
                fits &= tokens[i].length() <= DIGITS_OF_GROUP;
                if (fits && !tokens[i].isEmpty()) {
                    parts.add(Digits.of(tokens[i], i > 0, i < tokens.length - 1));
                }
            }
        }
        possible = fits;
    }

    /** Whether the canonical text of the address contains it. */
    boolean isIn(Ipv6Address address) {
        if (!possible) {
            return false;
        }
        if (address.high() != 0) { // The others may be written with dots.
            for (int i = 0; i < parts.size(); i++) {
                if (!parts.get(i).isIn(address)) {
                    return false;
                }
            }
        }
        return address.toString().contains(wanted);
    }

    /**
     * Digits that stand in one group.
     *
     * @param value their number
     * @param length how many
     * @param begins whether the group begins with them
     * @param ends whether it ends with them
     */
    private record Digits(int value, int length, boolean begins, boolean ends) {

        static Digits of(String digits, boolean begins, boolean ends) {
            return new Digits(Integer.parseInt(digits, 16), digits.length(), begins, ends);
        }

        boolean isIn(Ipv6Address address) {
            for (int i = 0; i < GROUPS; i++) {
                long half = i < GROUPS / 2 ? address.high() : address.low();
                if (isIn((int) (half >>> (48 - 16 * (i % (GROUPS / 2)))) & 0xFFFF)) {
                    return true;
                }
            }
            return false;
        }

        private boolean isIn(int group) {
            int digits = group > 0xFFF ? 4 : group > 0xFF ? 3 : group > 0xF ? 2 : 1;
            int mask = (1 << 4 * length) - 1;
            int first = begins ? digits - length : 0;
            int last = ends ? 0 : digits - length;
            for (int skipped = Math.max(0, first); skipped <= last; skipped++) {
                if ((group >>> 4 * skipped & mask) == value) {
                    return true;
                }
            }
            return false;
        }
    }
}
