package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Bindings in an array that the programs read and Java writes, without a system call. A binding's place follows from its address
 * and PSID: {@code base + ((address - first) << k | PSID)}. Where addresses of one range are shared in different ways, only those
 * bindings have a place that are shared like the first of the range; the rules know all. One thread writes.
 */
final class BindingArray {

    /** Octets of a binding, as in {@code maps.h}. */
    static final int BINDING = 32;

    /** Ranges that the programs look through. */
    static final int MOST_RANGES = 8;

    /** 128 MB. Ranges that do not fit are left to the rules. */
    static final int MOST_BINDINGS = 4 << 20;

    private static final int SOURCE = 0;
    private static final int HOP = 16;
    private static final int EXPIRY = 24;
    private static final int GENERATION = 28;
    private static final int TUNNEL = 30;

    /** The TEP's own addresses; bindings with further ones are left to the rules. */
    private static final int TUNNELS = 64;

    private static final int TUNNEL_BYTES = 16;
    private static final long NEVER = 0xFFFF_FFFFL;

    private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle SHORTS =
            MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    /** Addresses that are shared in the same way, and where the first binding of the first one lies; -1 if none has a place. */
    record Range(int first, int last, int base, int offset, int psidLength) {

        boolean contains(int address) {
            return Integer.compareUnsigned(first, address) <= 0 && Integer.compareUnsigned(address, last) <= 0;
        }

        boolean hasPlaces() {
            return base >= 0;
        }

        long bindings() {
            return Integer.toUnsignedLong(last) - Integer.toUnsignedLong(first) + 1 << psidLength;
        }
    }

    private final List<Range> ranges;
    private final int map;
    private final int tunnelsMap;
    private final List<Ipv6Address> tunnels = new ArrayList<>();
    private final long address;
    private final long bytes;
    private final ByteBuffer memory;
    /** Bindings in each range, ended ones included. */
    private final int[] counts;

    private BindingArray(List<Range> ranges, int map, int tunnelsMap, long address, long bytes) {
        this.ranges = ranges;
        this.map = map;
        this.tunnelsMap = tunnelsMap;
        this.address = address;
        this.bytes = bytes;
        this.counts = new int[ranges.size()];
        this.memory = NativeCalls.memory(address, bytes);
    }

    /**
     * Where bindings go.
     *
     * @throws DatapathException if there are more ranges than the programs can look through
     */
    static List<Range> plan(Collection<Ipv4Range> served, Collection<Binding> bindings) throws DatapathException {
        if (served.size() > MOST_RANGES) {
            throw new DatapathException("the pools have more than " + MOST_RANGES + " separate ranges of addresses");
        }
        List<Ipv4Range> ordered = new ArrayList<>(served);
        ordered.sort(Comparator.comparingLong(
                range -> Integer.toUnsignedLong(range.first().value())));
        Map<Ipv4Range, PortSet> sharing = new HashMap<>();
        for (Binding binding : bindings) {
            for (Ipv4Range range : ordered) {
                if (range.contains(binding.key().address())) {
                    sharing.putIfAbsent(range, binding.key().ports());
                    break;
                }
            }
            if (sharing.size() == ordered.size()) {
                break;
            }
        }
        List<Range> planned = new ArrayList<>();
        long base = 0;
        for (Ipv4Range range : ordered) {
            PortSet ports = sharing.getOrDefault(range, PortSet.FULL);
            Range next = new Range(
                    range.first().value(), range.last().value(), (int) base, ports.offset(), ports.psidLength());
            if (base + next.bindings() <= MOST_BINDINGS) {
                planned.add(next);
                base += next.bindings();
            } else {
                planned.add(new Range(next.first, next.last, -1, 0, 0));
            }
        }
        return List.copyOf(planned);
    }

    /** An empty array for these ranges. */
    static BindingArray create(List<Range> ranges) throws DatapathException {
        long entries = Math.max(
                1,
                ranges.stream()
                        .filter(Range::hasPlaces)
                        .mapToLong(Range::bindings)
                        .sum());
        int map = Bpf.createMap("dstm_bindings", Bpf.ARRAY, 4, BINDING, Math.toIntExact(entries), Bpf.MAPPABLE);
        long bytes = entries * BINDING;
        long address = NativeCalls.dstm_bpf_map_memory(map, bytes);
        if (address < 0 && address > -4096) {
            NativeCalls.dstm_close(map);
            throw new DatapathException("Cannot map the bindings into memory: " + Errno.describe((int) -address));
        }
        try {
            int tunnels = Bpf.createMap("dstm_tunnels", Bpf.ARRAY, 4, TUNNEL_BYTES, TUNNELS, 0);
            return new BindingArray(ranges, map, tunnels, address, bytes);
        } catch (DatapathException refused) {
            NativeCalls.dstm_bpf_unmap_memory(address, bytes);
            NativeCalls.dstm_close(map);
            throw refused;
        }
    }

    int map() {
        return map;
    }

    int tunnelsMap() {
        return tunnelsMap;
    }

    List<Range> ranges() {
        return ranges;
    }

    private int rangeOf(LeaseKey key) {
        for (int i = 0; i < ranges.size(); i++) {
            if (ranges.get(i).contains(key.address().value())) {
                return i;
            }
        }
        return -1;
    }

    private int place(int index, LeaseKey key) {
        if (index < 0) {
            return -1;
        }
        Range range = ranges.get(index);
        PortSet ports = key.ports();
        boolean alike = range.offset == ports.offset() && range.psidLength == ports.psidLength();
        return range.hasPlaces() && alike
                ? (range.base + (key.address().value() - range.first << range.psidLength | ports.psid())) * BINDING
                : -1;
    }

    /**
     * Enters a binding, in place of another with its key. A packet meanwhile finds none, and so meets the rules.
     *
     * @return false if there is no place for it, but would be if the ranges were planned anew
     */
    boolean put(Binding binding) {
        int range = rangeOf(binding.key());
        int at = place(range, binding.key());
        if (at < 0) {
            return range < 0 || !ranges.get(range).hasPlaces() || counts[range] > 0;
        }
        forget(range, at);
        int tunnel = tunnel(binding.tunnelAddress());
        if (tunnel < 0) {
            return true;
        }
        short generation = (short) SHORTS.getVolatile(memory, at + GENERATION);
        SHORTS.setVolatile(memory, at + GENERATION, (short) (generation + 1));
        LONGS.setVolatile(memory, at + HOP, 0L);
        write(at + SOURCE, binding.tunnelSource());
        memory.put(at + TUNNEL, (byte) tunnel);
        INTS.setVolatile(memory, at + EXPIRY, (int) seconds(binding.expires()));
        counts[range]++;
        return true;
    }

    /** The number of one of the TEP's addresses; -1 if there are too many. */
    private int tunnel(Ipv6Address own) {
        int known = tunnels.indexOf(own);
        if (known >= 0 || tunnels.size() == TUNNELS) {
            return known;
        }
        ByteBuffer value = ByteBuffer.allocateDirect(TUNNEL_BYTES);
        value.put(0, own.toBytes());
        try {
            Bpf.update(tunnelsMap, tunnels.size(), value);
        } catch (DatapathException impossible) {
            return -1;
        }
        tunnels.add(own);
        return tunnels.size() - 1;
    }

    /** For how many bindings there is a place. */
    long places() {
        return bytes / BINDING;
    }

    /** Forgets a binding, if it is there. */
    void remove(LeaseKey key) {
        int range = rangeOf(key);
        int at = place(range, key);
        if (at >= 0) {
            forget(range, at);
        }
    }

    private void forget(int range, int at) {
        if ((int) INTS.getVolatile(memory, at + EXPIRY) != 0) {
            INTS.setVolatile(memory, at + EXPIRY, 0);
            counts[range]--;
        }
    }

    /** Forgets the next hops that the programs have noted. */
    void clearHops() {
        for (int at = HOP; at < bytes; at += BINDING) {
            LONGS.setVolatile(memory, at, 0L);
        }
    }

    private void write(int at, Ipv6Address value) {
        memory.put(at, value.toBytes());
    }

    /** Whole seconds since 1970, rounded up, as the rules round. */
    private static long seconds(Instant expires) {
        long seconds = expires.getEpochSecond() + (expires.getNano() == 0 ? 0 : 1);
        return Math.max(1, Math.min(NEVER, seconds));
    }

    void close() {
        NativeCalls.dstm_bpf_unmap_memory(address, bytes);
        NativeCalls.dstm_close(map);
        NativeCalls.dstm_close(tunnelsMap);
    }
}
