package io.dstm.api.net;

import java.util.ArrayList;
import java.util.List;

/**
 * The ports of an address that belong to one holder, by the port-mapping algorithm of RFC 7597 section 5.1: a port is
 * {@code A (a bits) | PSID (k bits) | j (m bits)}, m = 16 - a - k. With a = 0 the set is one contiguous block; with a &gt; 0, A
 * starts at 1, so the lowest 2^(16-a) ports belong to nobody. The PSID is held as a plain number (right aligned).
 *
 * @param offset a, the PSID offset, 0 to 15
 * @param psidLength k, 0 to 16 - a; 0 with a = 0 means all ports, a full address
 * @param psid the port-set identifier, 0 to 2^k - 1
 */
public record PortSet(int offset, int psidLength, int psid) {

    /** All ports: the holder has the address for itself. */
    public static final PortSet FULL = new PortSet(0, 0, 0);

    /** First port after the system ports (RFC 6335 section 6), which RFC 7596 section 5.1 recommends not to give out. */
    public static final int FIRST_USER_PORT = 1024;

    /** Checks the ranges. */
    public PortSet {
        if (offset < 0 || offset > 15) {
            throw new IllegalArgumentException("PSID offset " + offset + " is not within 0 to 15");
        }
        if (psidLength < 0 || psidLength > 16 - offset) {
            throw new IllegalArgumentException("PSID length " + psidLength + " is not within 0 to " + (16 - offset));
        }
        if (psid < 0 || psid >= 1 << psidLength) {
            throw new IllegalArgumentException("PSID " + psid + " does not fit into " + psidLength + " bits");
        }
    }

    /**
     * The set with a = 0 that is exactly {@code first} to {@code last}.
     *
     * @throws IllegalArgumentException if the range is not a power of two in size and aligned to it
     */
    public static PortSet ofRange(int first, int last) {
        int size = last - first + 1;
        if (first < 0 || last > 0xFFFF || size < 1 || Integer.bitCount(size) != 1 || first % size != 0) {
            throw new IllegalArgumentException(
                    "ports " + first + "-" + last + " are not an aligned block of a power of two");
        }
        int k = 16 - Integer.numberOfTrailingZeros(size);
        return new PortSet(0, k, first >>> (16 - k));
    }

    /** Whether the holder has every port of the address. */
    public boolean isFull() {
        return psidLength == 0 && offset == 0;
    }

    /** Whether the set is a single block, which a kernel's port range can express. */
    public boolean isContiguous() {
        return offset == 0;
    }

    /** m, the number of bits below the PSID. */
    public int contiguousBits() {
        return 16 - offset - psidLength;
    }

    /** How many ports, 1 to 65536. */
    public int size() {
        return ((1 << offset) - (offset == 0 ? 0 : 1)) << contiguousBits();
    }

    /** Whether {@code port} (0 to 65535) is in the set. */
    public boolean contains(int port) {
        boolean aboveOffset = offset == 0 || port >>> (16 - offset) != 0;
        return aboveOffset && (port >>> contiguousBits() & (1 << psidLength) - 1) == psid;
    }

    /** The lowest port. */
    public int firstPort() {
        return blockStart(offset == 0 ? 0 : 1);
    }

    /** The highest port. */
    public int lastPort() {
        return blockStart((1 << offset) - 1) + (1 << contiguousBits()) - 1;
    }

    /** The port at {@code index} (0 to {@link #size()} - 1) in ascending order. */
    public int portAt(int index) {
        int block = index >>> contiguousBits();
        return blockStart(offset == 0 ? 0 : block + 1) + (index & (1 << contiguousBits()) - 1);
    }

    /** The blocks in ascending order: one for a = 0, 2^a - 1 otherwise. */
    public List<PortRange> ranges() {
        List<PortRange> ranges = new ArrayList<>();
        for (int a = offset == 0 ? 0 : 1; a < 1 << offset; a++) {
            ranges.add(new PortRange(blockStart(a), blockStart(a) + (1 << contiguousBits()) - 1));
        }
        return ranges;
    }

    /** Whether the two sets have a port in common; sets of one address must not. */
    public boolean overlaps(PortSet other) {
        if (offset == other.offset) {
            int common = Math.min(psidLength, other.psidLength);
            return psid >>> (psidLength - common) == other.psid >>> (other.psidLength - common);
        }
        return ranges().stream().anyMatch(mine -> other.ranges().stream().anyMatch(mine::overlaps));
    }

    private int blockStart(int a) {
        return offset == 0 ? psid << contiguousBits() : a << (16 - offset) | psid << contiguousBits();
    }

    /** {@code all}, {@code 5120-6143} for a contiguous set, or {@code psid 52/8 offset 6}. */
    @Override
    public String toString() {
        if (isFull()) {
            return "all";
        }
        return isContiguous()
                ? firstPort() + "-" + lastPort()
                : "psid " + psid + "/" + psidLength + " offset " + offset;
    }

    /**
     * A closed range of ports.
     *
     * @param first lowest port, 0 to 65535
     * @param last highest port, {@code first} to 65535
     */
    public record PortRange(int first, int last) {

        /** Checks the order of the ends. */
        public PortRange {
            if (first < 0 || last > 0xFFFF || first > last) {
                throw new IllegalArgumentException("port range " + first + "-" + last + " is not within 0 to 65535");
            }
        }

        /** Whether the two ranges share a port. */
        public boolean overlaps(PortRange other) {
            return first <= other.last && other.first <= last;
        }
    }
}
