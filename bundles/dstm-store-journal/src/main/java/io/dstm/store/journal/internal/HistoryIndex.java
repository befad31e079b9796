package io.dstm.store.journal.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a file of the history, to which nothing is added any more, has the entries of an address or of a client: two sorted tables of
 * a key and an offset, the first by packed lease key, the second by hash of the client. A header says what else must be known of the
 * file. It can be made again from the file at any time, so one that is damaged is. For any thread.
 */
final class HistoryIndex {

    private static final long MAGIC = 0x4453544d_48494458L;
    private static final String PREFIX = "history-";
    private static final String SUFFIX = ".idx";
    private static final int HEADER = 56;
    private static final int ROW = 12;

    private final Disk.File file;
    private final ByteBuffer header;
    private final int count;
    private volatile boolean verified;

    private HistoryIndex(Disk.File file, ByteBuffer header) {
        this.file = file;
        this.header = header;
        this.count = header.getInt(8);
    }

    static String name(long first) {
        return PREFIX + first + SUFFIX;
    }

    /** An index of the file as it is. */
    static ByteBuffer make(HistoryFile of) throws IOException {
        ByteBuffer content = of.content(of.end());
        int count = (int) (of.next() - of.first());
        long[] keys = new long[count];
        long[] clients = new long[count];
        int[] offsets = new int[count];
        int at = HistoryFile.HEADER;
        for (int i = 0; i < count; i++) {
            int behind = HistoryFile.behind(content, at);
            if (behind < 0) {
                throw new IOException("an entry at " + at + " is damaged");
            }
            int entry = at + HistoryFile.CRC;
            keys[i] = content.getLong(entry + Entries.H_KEY);
            clients[i] = Entries.identityHash(content, entry + Entries.H_ASSOCIATION + 4);
            offsets[i] = entry;
            at = behind;
        }
        ByteBuffer out = ByteBuffer.allocate(HEADER + 2 * count * ROW);
        out.putLong(MAGIC).putInt(count).putInt(of.end()).putLong(of.first()).putLong(of.next());
        out.putLong(of.earliest()).putLong(of.latest()).putInt(0).putInt(0);
        append(out, keys, offsets);
        append(out, clients, offsets);
        out.putInt(HEADER - 8, bodyCrc(out));
        out.putInt(HEADER - 4, HistoryFile.crc(out, 0, HEADER - 4));
        return out.flip();
    }

    private static int bodyCrc(ByteBuffer whole) {
        return HistoryFile.crc(whole, HEADER, whole.capacity());
    }

    private static void append(ByteBuffer out, long[] keys, int[] offsets) {
        Integer[] order = new Integer[keys.length];
        Arrays.setAll(order, i -> i);
        // Stable, so equal keys stay in the order of the file.
        Arrays.sort(order, (one, other) -> Long.compare(keys[one], keys[other]));
        for (int i : order) {
            out.putLong(keys[i]).putInt(offsets[i]);
        }
    }

    /** The index in a file, from which {@code of} learns what is in it; {@code null} if it is none of it. */
    static @Nullable HistoryIndex open(Disk.File file, HistoryFile of) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        file.read(header, 0);
        if (header.hasRemaining()
                || header.getLong(0) != MAGIC
                || header.getInt(HEADER - 4) != HistoryFile.crc(header, 0, HEADER - 4)) {
            return null;
        }
        int count = header.getInt(8);
        long next = header.getLong(24);
        if (header.getLong(16) != of.first()
                || header.getInt(12) != of.file().size()
                || next - of.first() != count
                || file.size() != HEADER + 2L * count * ROW) {
            return null;
        }
        of.restore(next, header.getInt(12), header.getLong(32), header.getLong(40));
        return new HistoryIndex(file, header);
    }

    /** Whether it is as it was made; reads all of it the first time. */
    boolean isGood() throws IOException {
        if (!verified) {
            ByteBuffer whole = ByteBuffer.allocate(HEADER + 2 * count * ROW);
            file.read(whole, 0);
            verified = !whole.hasRemaining() && header.getInt(HEADER - 8) == bodyCrc(whole);
        }
        return verified;
    }

    /** Lets go of the file. */
    void close() {
        file.close();
    }

    /** Where entries are whose key is from {@code first} inclusive to {@code behind} exclusive. */
    int[] byKey(long first, long behind) throws IOException {
        return find(HEADER, first, behind);
    }

    /** Where entries are whose client has that hash. */
    int[] byClient(long hash) throws IOException {
        return hash == Long.MAX_VALUE ? new int[0] : find(HEADER + count * ROW, hash, hash + 1);
    }

    private int[] find(int start, long first, long behind) throws IOException {
        int from = firstNotBelow(start, first);
        int to = firstNotBelow(start, behind);
        int[] offsets = new int[to - from];
        ByteBuffer rows = ByteBuffer.allocate(offsets.length * ROW);
        file.read(rows, start + (long) from * ROW);
        for (int i = 0; i < offsets.length; i++) {
            offsets[i] = rows.getInt(i * ROW + Long.BYTES);
        }
        return offsets;
    }

    private int firstNotBelow(int start, long key) throws IOException {
        ByteBuffer row = ByteBuffer.allocate(Long.BYTES);
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = low + high >>> 1;
            file.read(row.clear(), start + (long) middle * ROW);
            if (row.getLong(0) < key) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
