package io.dstm.tep.internal.table;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import java.time.Instant;

/**
 * What packets see of the table at one epoch. A packet thread takes one from its {@link TableReader} for each batch of packets
 * and gives it back; look-ups neither lock nor allocate.
 */
public final class TableView {

    /** No slot. */
    public static final int NONE = -1;
    /** Stands for a port where a packet has none. */
    public static final int NO_PORT = -1;

    /** Longs that {@link #record} writes. */
    public static final int RECORDED = Slot.WORDS + 2;

    /** Slots that fit a second-level cache of a megabyte. */
    private static final int LARGE = 1 << 15;

    /** The view of a table that was never filled. */
    static final TableView NOTHING = new TableView(
            0,
            new long[Slot.BASE + Slot.WORDS],
            1,
            ParameterMap.EMPTY,
            new long[0],
            AddressRanges.NONE,
            new HolderIndex());

    final long epoch;
    final long[] slots;
    final int capacity;
    final ParameterMap parameters;
    final long[] tunnels;
    final AddressRanges served;
    final HolderIndex holders;
    private final int visible;

    TableView(
            long epoch,
            long[] slots,
            int capacity,
            ParameterMap parameters,
            long[] tunnels,
            AddressRanges served,
            HolderIndex holders) {
        this.epoch = epoch;
        this.slots = slots;
        this.capacity = capacity;
        this.parameters = parameters;
        this.tunnels = tunnels;
        this.served = served;
        this.holders = holders;
        this.visible = stateOf(epoch);
    }

    /** The state of slots that only epochs of this parity see. */
    static int stateOf(long epoch) {
        return (epoch & 1) == 0 ? Slot.EVEN : Slot.ODD;
    }

    /**
     * The slot of the binding that {@code port} of {@code address} belongs to.
     *
     * @param address IPv4 address
     * @param port 0 to 65535, or {@link #NO_PORT}: then only the holder of the whole address is found
     * @return a handle for the accessors below, or {@link #NONE}
     */
    public int find(int address, int port) {
        long sets = parameters.of(address);
        while (sets != 0) {
            int code = (int) sets & ParameterMap.CODE_MASK;
            sets >>>= ParameterMap.CODE_BITS;
            int psid = 0;
            if (code != 0) {
                int offset = Slot.offsetOf(code);
                int length = Slot.lengthOf(code);
                // RFC 7597 section 5.1: with a > 0 the ports whose first a bits are zero belong to nobody.
                if (port < 0 || offset != 0 && port >>> (16 - offset) == 0) {
                    continue;
                }
                psid = port >>> (16 - offset - length) & (1 << length) - 1;
            }
            int slot = slotOf(slots, capacity, Slot.key(address, psid, code), visible);
            if (slot != NONE) {
                return slot;
            }
        }
        return NONE;
    }

    /** Whether look-ups mostly miss the processor's caches, so that {@link #touch} pays. */
    public boolean isLarge() {
        return capacity > LARGE;
    }

    /** Where {@link #find} with the same arguments will most likely begin to look. For {@link #touch} alone. */
    public int guess(int address, int port) {
        int code = (int) parameters.of(address) & ParameterMap.CODE_MASK;
        int length = Slot.lengthOf(code);
        int psid = port >>> (16 - Slot.offsetOf(code) - length) & (1 << length) - 1;
        return Slot.BASE + Slot.home(Slot.key(address, psid, code), capacity) * Slot.WORDS;
    }

    /**
     * Reads the first word of a slot and the last of the next, which may be in another cache line and is where a look-up goes on if
     * it must. A processor waits for many such reads at once, so a batch of them before a batch of look-ups makes these much
     * faster; the result means nothing, but must be used.
     */
    public long touch(int guess) {
        return slots[guess] + slots[Math.min(guess + 2 * Slot.WORDS - 1, slots.length - 1)];
    }

    /** The slot with this key that has one of the bits of {@code visible} in its state, or {@link #NONE}. */
    static int slotOf(long[] slots, int capacity, long key, int visible) {
        int index = Slot.home(key, capacity);
        // The bound only matters for a table without an empty slot, which the writer never makes.
        for (int probes = 0; probes < capacity; probes++) {
            int at = Slot.BASE + index * Slot.WORDS;
            long word = Slot.getAcquire(slots, at);
            if ((word & ~Slot.STATE_MASK) == key && (word & visible) != 0) {
                return at;
            }
            if (word == Slot.EMPTY) {
                return NONE;
            }
            index++;
            if (index == capacity) {
                index = 0;
            }
        }
        return NONE;
    }

    /** Whether the binding has ended by {@code seconds} since 1970. */
    public boolean isExpired(int slot, long seconds) {
        return Slot.expiry(slots[slot + Slot.META]) <= seconds;
    }

    /** The client's tunnel address, first eight octets. */
    public long sourceHigh(int slot) {
        return slots[slot + Slot.SOURCE_HIGH];
    }

    /** The client's tunnel address, last eight octets. */
    public long sourceLow(int slot) {
        return slots[slot + Slot.SOURCE_LOW];
    }

    /** The TEP's tunnel address for this binding, first eight octets. */
    public long tunnelHigh(int slot) {
        return tunnels[2 * Slot.tunnel(slots[slot + Slot.META])];
    }

    /** The TEP's tunnel address for this binding, last eight octets. */
    public long tunnelLow(int slot) {
        return tunnels[2 * Slot.tunnel(slots[slot + Slot.META]) + 1];
    }

    /** Whether some binding has this TEP's tunnel address. */
    public boolean hasTunnel(long high, long low) {
        for (int i = 0; i < tunnels.length; i += 2) {
            if (tunnels[i + 1] == low && tunnels[i] == high) {
                return true;
            }
        }
        return false;
    }

    /** Whether the TEP attracts traffic to {@code address}: it lies in a served range or has a binding. */
    public boolean serves(int address) {
        return served.contains(address);
    }

    /** Whether {@code address} is lent by port sets, so that packets without a port cannot be told apart. */
    public boolean isShared(int address) {
        return ParameterMap.hasPortSets(parameters.of(address));
    }

    /** Whether the client at this tunnel address holds anything. For diagnosis only: it may lag, and err once in 2^48. */
    public boolean isHolder(long sourceHigh, long sourceLow) {
        return holders.contains(HolderIndex.fingerprint(sourceHigh, sourceLow));
    }

    /** Whether that client holds {@code address} or some ports of it. For diagnosis only, as above. */
    public boolean isHolder(long sourceHigh, long sourceLow, int address) {
        return holders.contains(HolderIndex.fingerprint(sourceHigh, sourceLow, address));
    }

    /** Writes a binding as {@link #RECORDED} longs, which need no table any more. */
    public void record(int slot, long[] into, int at) {
        System.arraycopy(slots, slot, into, at, Slot.WORDS);
        into[at + Slot.WORDS] = tunnelHigh(slot);
        into[at + Slot.WORDS + 1] = tunnelLow(slot);
    }

    /** The binding that {@link #record} wrote. */
    public static Binding recorded(long[] from, int at) {
        return new Binding(
                Slot.leaseKey(from[at]),
                new Ipv6Address(from[at + Slot.SOURCE_HIGH], from[at + Slot.SOURCE_LOW]),
                new Ipv6Address(from[at + Slot.WORDS], from[at + Slot.WORDS + 1]),
                Instant.ofEpochSecond(Slot.expiry(from[at + Slot.META])));
    }
}
