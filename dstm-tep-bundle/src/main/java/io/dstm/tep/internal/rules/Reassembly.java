package io.dstm.tep.internal.rules;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Puts fragments together again, of IPv6 packets (RFC 8200 section 4.5) or of IPv4 packets (RFC 791 section 3.2). Bounded in bytes,
 * packets, packets of a source, fragments of a packet and time; where there is no room, the oldest packet makes some, since a
 * flood can then only shorten the wait of others, not end it. An overlap ends the whole packet without a word (RFC 5722). All
 * memory is taken with the first fragment; after that nothing is allocated.
 *
 * <p>The pieces of a packet may come to several threads, and meet here: each holds the monitor from {@link #name} until it has what
 * it wants, and {@link #isIdle} tells without it that there is nothing to do.
 *
 * <p>Fragments lie in chains of blocks. The first block of a chain stands for the fragment: it carries its offset, its length and
 * the next fragment. Incomplete packets are found by their source, and stand in the order of their arrival.
 */
final class Reassembly {

    static final int NONE = -1;
    /** An outer IPv6 header and an inner IPv4 header with all its options. */
    static final int LONGEST_HEADER = 104;

    private static final int BLOCK = 256;
    /** Of memory for one incomplete packet: half as much as two fragments of full size need. */
    private static final int BYTES_A_PACKET = 2048;

    private static final int FEWEST_PACKETS = 16;
    private static final int LONGEST_PACKET = 65535;
    private static final int KEY = 6;
    private static final int UNKNOWN = -1;

    /** What becomes of a fragment. */
    enum Fate {
        HELD(Outcome.HOLD_FRAGMENT_IPV6, Outcome.HOLD_FRAGMENT_IPV4),
        /** The packet is complete: {@link #take} it or {@link #discard} it. */
        COMPLETE(Outcome.HOLD_FRAGMENT_IPV6, Outcome.HOLD_FRAGMENT_IPV4),
        DUPLICATE(Outcome.DROP_DUPLICATE_FRAGMENT_IPV6, Outcome.DROP_DUPLICATE_FRAGMENT_IPV4),
        OVERLAPPING(Outcome.DROP_OVERLAPPING_FRAGMENT_IPV6, Outcome.DROP_OVERLAPPING_FRAGMENT_IPV4),
        MALFORMED(Outcome.DROP_MALFORMED_FRAGMENT_IPV6, Outcome.DROP_MALFORMED_FRAGMENT_IPV4),
        TOO_MANY(Outcome.DROP_TOO_MANY_FRAGMENTS_IPV6, Outcome.DROP_TOO_MANY_FRAGMENTS_IPV4),
        NO_MEMORY(Outcome.DROP_NO_MEMORY_FRAGMENT_IPV6, Outcome.DROP_NO_MEMORY_FRAGMENT_IPV4);

        private final Outcome ipv6;
        private final Outcome ipv4;

        Fate(Outcome ipv6, Outcome ipv4) {
            this.ipv6 = ipv6;
            this.ipv4 = ipv4;
        }
    }

    private Counters.Block counts;
    private final boolean ipv6;
    private final long patience;
    private final long secret;

    private ReassemblyLimits limits = ReassemblyLimits.OFF;
    private @Nullable ByteBuffer memory;

    // By block.
    private int[] nextBlock = {};
    private int[] nextFragment = {};
    private int[] offsets = {};
    private int[] lengths = {};
    private int freeBlocks = NONE;
    private int freeCount;

    // By incomplete packet.
    private long[] keys = {};
    private long[] deadlines = {};
    private int[] sameBucket = {};
    private int[] older = {};
    private int[] newer = {};
    private int[] firstFragment = {};
    private int[] have = {};
    private int[] totals = {};
    private int[] fragments = {};
    private int[] headerLengths = {};
    private int[] notes = {};
    private int[] marks = {};
    private @Nullable Fate[] ends = {};
    private int freePackets = NONE;
    private int oldest = NONE;
    private int newest = NONE;
    private int incomplete;
    private int[] buckets = {};

    /** What {@link #incomplete} says, for those without the monitor. */
    private volatile boolean idle = true;

    // The key of the fragment at hand, and what it was found to belong to.
    private final long[] key = new long[KEY];
    private int packet = NONE;
    private int oldestOfSource = NONE;
    private int ofSource;

    /**
     * Without memory as yet.
     *
     * @param ipv6 which family's counters count
     * @param patience nanoseconds from the first fragment that came until the packet is given up
     * @param secret keeps others from knowing which sources share a bucket
     */
    Reassembly(Counters.Block counts, boolean ipv6, long patience, long secret) {
        this.counts = counts;
        this.ipv6 = ipv6;
        this.patience = patience;
        this.secret = secret;
    }

    /** Has what is counted from now on counted by this thread's counts. */
    void countBy(Counters.Block own) {
        counts = own;
    }

    /** Whether no packet waits. For any thread. */
    boolean isIdle() {
        return idle;
    }

    /** Names the packet that the next fragment belongs to: the source in two words, and four that tell its packets apart. */
    void name(long sourceHigh, long sourceLow, long third, long fourth, long fifth, long sixth) {
        key[0] = sourceHigh;
        key[1] = sourceLow;
        key[2] = third;
        key[3] = fourth;
        key[4] = fifth;
        key[5] = sixth;
    }

    /** What a fate other than {@link Fate#COMPLETE} is counted as. */
    Outcome outcome(Fate fate) {
        return ipv6 ? fate.ipv6 : fate.ipv4;
    }

    /**
     * Takes a fragment of the packet that was named.
     *
     * @param header where its headers begin, those that are kept if it is the first
     * @param headerLength at most {@link #LONGEST_HEADER}
     * @param data where its part of the packet begins
     * @param length of that part in bytes
     * @param offset of that part in the packet, a multiple of 8
     * @param more whether it is not the last
     * @param ecn its ECN field
     * @param note is kept if it is the first
     */
    Fate offer(
            ByteBuffer from,
            int header,
            int headerLength,
            int data,
            int length,
            int offset,
            boolean more,
            int ecn,
            int note,
            ReassemblyLimits present,
            long nanos) {
        ByteBuffer arena = memory(present);
        int end = offset + length;
        packet = NONE;
        if (length <= 0 || more && (length & 7) != 0 || end > LONGEST_PACKET || headerLength > LONGEST_HEADER) {
            return Fate.MALFORMED;
        }
        if (arena == null) {
            return Fate.NO_MEMORY;
        }
        find();
        if (packet == NONE) {
            begin(nanos);
        }
        Fate ended = ends[packet];
        if (ended != null) {
            return ended;
        }
        int before = NONE;
        int after = firstFragment[packet];
        while (after != NONE && offsets[after] < offset) {
            before = after;
            after = nextFragment[after];
        }
        if (after != NONE
                && offsets[after] == offset
                && lengths[after] == length
                && more == (totals[packet] != end)
                && isSame(arena, after, from, data, length)) {
            return Fate.DUPLICATE;
        }
        if (before != NONE && offsets[before] + lengths[before] > offset
                || after != NONE && offsets[after] < end
                || !isEndPossible(end, more, after)) {
            return end(Fate.OVERLAPPING);
        }
        if (fragments[packet] >= limits.fragmentsPerPacket()) {
            return end(Fate.TOO_MANY);
        }
        int block = store(arena, from, data, length);
        if (block == NONE) {
            return end(Fate.NO_MEMORY);
        }
        offsets[block] = offset;
        lengths[block] = length;
        nextFragment[block] = after;
        if (before == NONE) {
            firstFragment[packet] = block;
        } else {
            nextFragment[before] = block;
        }
        if (offset == 0) {
            arena.put(packet * LONGEST_HEADER, from, header, headerLength);
            headerLengths[packet] = headerLength;
            notes[packet] = note;
        }
        if (!more) {
            totals[packet] = end;
        }
        fragments[packet]++;
        marks[packet] |= 1 << ecn;
        have[packet] += length;
        // Nothing overlaps and nothing lies behind the end, so enough bytes are all bytes.
        return have[packet] == totals[packet] ? Fate.COMPLETE : Fate.HELD;
    }

    /** Whether a fragment that reaches to {@code end} contradicts what is known of the packet's end. */
    private boolean isEndPossible(int end, boolean more, int after) {
        int total = totals[packet];
        return more ? total == UNKNOWN || end < total : after == NONE && (total == UNKNOWN || total == end);
    }

    private boolean isSame(ByteBuffer arena, int fragment, ByteBuffer from, int data, int length) {
        int block = fragment;
        for (int i = 0; i < length; i++) {
            if (i != 0 && i % BLOCK == 0) {
                block = nextBlock[block];
            }
            if (arena.get(place(block) + i % BLOCK) != from.get(data + i)) {
                return false;
            }
        }
        return true;
    }

    /** The first block of a copy, or {@link #NONE}. */
    private int store(ByteBuffer arena, ByteBuffer from, int data, int length) {
        int needed = (length + BLOCK - 1) / BLOCK;
        while (freeCount < needed && oldest != newest) {
            evict(oldest == packet ? newer[oldest] : oldest);
        }
        if (freeCount < needed) {
            return NONE;
        }
        int first = freeBlocks;
        int last = first;
        for (int done = 0; done < length; done += BLOCK) {
            last = freeBlocks;
            freeBlocks = nextBlock[last];
            arena.put(place(last), from, data + done, Math.min(BLOCK, length - done));
        }
        nextBlock[last] = NONE;
        freeCount -= needed;
        return first;
    }

    private int place(int block) {
        return headerLengths.length * LONGEST_HEADER + block * BLOCK;
    }

    /** Nothing more of this packet is taken (RFC 5722); it stays known until its time is up. */
    private Fate end(Fate fate) {
        ends[packet] = fate;
        release(packet);
        return fate;
    }

    private void find() {
        packet = NONE;
        oldestOfSource = NONE;
        ofSource = 0;
        for (int at = buckets[bucket()]; at != NONE; at = sameBucket[at]) {
            int base = at * KEY;
            if (keys[base + 1] == key[1] && keys[base] == key[0]) {
                ofSource++;
                oldestOfSource = at;
                if (Arrays.equals(keys, base, base + KEY, key, 0, KEY)) {
                    packet = at;
                    return;
                }
            }
        }
    }

    private int bucket() {
        return bucket(key[0], key[1]);
    }

    private int bucket(long high, long low) {
        long hash = (high ^ secret) * 0x9E3779B97F4A7C15L + (low ^ Long.rotateLeft(secret, 32)) * 0xD6E8FEB86659FD93L;
        return (int) ((hash ^ hash >>> 32) * 0x9E3779B97F4A7C15L >>> 33) & buckets.length - 1;
    }

    private void begin(long nanos) {
        if (ofSource >= limits.packetsPerSource()) {
            evict(oldestOfSource);
        } else if (freePackets == NONE) {
            evict(oldest);
        }
        packet = freePackets;
        freePackets = sameBucket[packet];
        System.arraycopy(key, 0, keys, packet * KEY, KEY);
        deadlines[packet] = nanos + patience;
        firstFragment[packet] = NONE;
        have[packet] = 0;
        totals[packet] = UNKNOWN;
        fragments[packet] = 0;
        headerLengths[packet] = 0;
        marks[packet] = 0;
        ends[packet] = null;
        int bucket = bucket();
        sameBucket[packet] = buckets[bucket];
        buckets[bucket] = packet;
        older[packet] = newest;
        newer[packet] = NONE;
        if (newest == NONE) {
            oldest = packet;
        } else {
            newer[newest] = packet;
        }
        newest = packet;
        incomplete++;
        idle = false;
    }

    private void evict(int victim) {
        counts.add(ipv6 ? Outcome.NOTED_REASSEMBLY_EVICTED_IPV6 : Outcome.NOTED_REASSEMBLY_EVICTED_IPV4, have[victim]);
        remove(victim);
    }

    private void remove(int victim) {
        release(victim);
        int bucket = bucket(keys[victim * KEY], keys[victim * KEY + 1]);
        if (buckets[bucket] == victim) {
            buckets[bucket] = sameBucket[victim];
        } else {
            int at = buckets[bucket];
            while (sameBucket[at] != victim) {
                at = sameBucket[at];
            }
            sameBucket[at] = sameBucket[victim];
        }
        if (older[victim] == NONE) {
            oldest = newer[victim];
        } else {
            newer[older[victim]] = newer[victim];
        }
        if (newer[victim] == NONE) {
            newest = older[victim];
        } else {
            older[newer[victim]] = older[victim];
        }
        sameBucket[victim] = freePackets;
        freePackets = victim;
        incomplete--;
        idle = incomplete == 0;
    }

    private void release(int victim) {
        int fragment = firstFragment[victim];
        firstFragment[victim] = NONE;
        while (fragment != NONE) {
            int next = nextFragment[fragment];
            int last = fragment;
            freeCount++;
            while (nextBlock[last] != NONE) {
                last = nextBlock[last];
                freeCount++;
            }
            nextBlock[last] = freeBlocks;
            freeBlocks = fragment;
            fragment = next;
        }
    }

    /** Bytes of the complete packet behind its headers. */
    int length() {
        return totals[packet];
    }

    /** Bytes of the headers that were kept of the complete packet's first fragment. */
    int headerLength() {
        return headerLengths[packet];
    }

    /** What was kept with them. */
    int note() {
        return notes[packet];
    }

    /** How many fragments the complete packet came in. */
    int fragments() {
        return fragments[packet];
    }

    /** The ECN fields of the complete packet's fragments: bit 0 for Not-ECT to bit 3 for CE. */
    int marks() {
        return marks[packet];
    }

    /** Copies the complete packet, headers first, and forgets it. */
    void take(ByteBuffer into, int at) {
        ByteBuffer arena = memory;
        if (arena == null) {
            return;
        }
        int headerLength = headerLengths[packet];
        into.put(at, arena, packet * LONGEST_HEADER, headerLength);
        for (int fragment = firstFragment[packet]; fragment != NONE; fragment = nextFragment[fragment]) {
            copy(arena, fragment, lengths[fragment], into, at + headerLength + offsets[fragment]);
        }
        remove(packet);
    }

    private void copy(ByteBuffer arena, int fragment, int length, ByteBuffer into, int at) {
        int block = fragment;
        for (int done = 0; done < length; done += BLOCK) {
            into.put(at + done, arena, place(block), Math.min(BLOCK, length - done));
            block = nextBlock[block];
        }
    }

    /** Forgets the complete packet. */
    void discard() {
        remove(packet);
    }

    /** Whether some packet's time is up. */
    boolean isDue(long nanos) {
        return oldest != NONE && deadlines[oldest] - nanos <= 0;
    }

    /** How much of the first fragment of the packet that is due there is; 0 if nothing, or if the packet ended otherwise. */
    int dueFirstLength() {
        int first = firstFragment[oldest];
        return first == NONE || offsets[first] != 0 ? 0 : lengths[first];
    }

    /** What was kept with that first fragment. */
    int dueNote() {
        return notes[oldest];
    }

    /** The fifth word of its name. */
    long dueName() {
        return keys[oldest * KEY + 4];
    }

    /** Copies that fragment's headers to {@code at}, and {@code length} bytes of its data to {@code data}. */
    void copyDue(ByteBuffer into, int at, int data, int length) {
        ByteBuffer arena = memory;
        if (arena != null) {
            into.put(at, arena, oldest * LONGEST_HEADER, headerLengths[oldest]);
            copy(arena, firstFragment[oldest], length, into, data);
        }
    }

    /** Gives up the packet that is due. */
    void dropDue() {
        if (ends[oldest] == null) {
            counts.add(
                    ipv6 ? Outcome.NOTED_REASSEMBLY_TIMEOUT_IPV6 : Outcome.NOTED_REASSEMBLY_TIMEOUT_IPV4, have[oldest]);
        }
        remove(oldest);
    }

    /** How many packets wait for fragments, those that must not be completed included. */
    int incomplete() {
        return incomplete;
    }

    /** Bytes of fragments that are kept, rounded up to blocks. */
    int bytesHeld() {
        return (nextBlock.length - freeCount) * BLOCK;
    }

    /** How much is taken of what there is room for, fragments or packets, in thousandths. */
    int level() {
        int blocks = nextBlock.length;
        return memory == null || incomplete == 0
                ? 0
                : (int) Math.max((blocks - freeCount) * 1000L / blocks, incomplete * 1000L / headerLengths.length);
    }

    private @Nullable ByteBuffer memory(ReassemblyLimits present) {
        if (present.bytes() != limits.bytes()) {
            take(present);
        }
        limits = present;
        return memory;
    }

    /** Takes memory anew; what was kept is lost. */
    private void take(ReassemblyLimits present) {
        memory = null;
        oldest = NONE;
        newest = NONE;
        incomplete = 0;
        idle = true;
        int blocks = present.bytes() / BLOCK;
        int packets = Math.max(FEWEST_PACKETS, present.bytes() / BYTES_A_PACKET);
        if (blocks == 0) {
            return;
        }
        ByteBuffer taken;
        try {
            taken = ByteBuffer.allocateDirect(packets * LONGEST_HEADER + blocks * BLOCK);
        } catch (OutOfMemoryError exhausted) {
            // The tunnel must go on without. It is tried again when the limits change.
            return;
        }
        nextBlock = new int[blocks];
        nextFragment = new int[blocks];
        offsets = new int[blocks];
        lengths = new int[blocks];
        Arrays.setAll(nextBlock, i -> i + 1 == blocks ? NONE : i + 1);
        freeBlocks = 0;
        freeCount = blocks;
        keys = new long[packets * KEY];
        deadlines = new long[packets];
        sameBucket = new int[packets];
        Arrays.setAll(sameBucket, i -> i + 1 == packets ? NONE : i + 1);
        older = new int[packets];
        newer = new int[packets];
        firstFragment = new int[packets];
        have = new int[packets];
        totals = new int[packets];
        fragments = new int[packets];
        headerLengths = new int[packets];
        notes = new int[packets];
        marks = new int[packets];
        ends = new Fate[packets];
        buckets = new int[Integer.highestOneBit(packets)];
        Arrays.fill(buckets, NONE);
        freePackets = 0;
        memory = taken;
    }
}
