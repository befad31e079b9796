package io.dstm.store.journal.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A file of the history: a header (magic number, version, number of its first entry, CRC32C), then entries as they are in the journal,
 * each behind its CRC32C. Only the last file is written to. One thread appends, others read what it has appended.
 */
final class HistoryFile {

    static final int HEADER = 24;
    static final int VERSION = 1;

    /** Before each entry. */
    static final int CRC = 4;

    private static final long MAGIC = 0x4453544d_48495354L;
    private static final String PREFIX = "history-";
    private static final String SUFFIX = ".log";

    private final long first;
    private final Disk.File file;
    private volatile int end = HEADER;
    private volatile long next;
    private volatile long earliest = Long.MAX_VALUE;
    private volatile long latest = Long.MIN_VALUE;
    private volatile long firstEnd = Long.MAX_VALUE;
    private volatile @Nullable HistoryIndex index;

    HistoryFile(long first, Disk.File file) {
        this.first = first;
        this.file = file;
        this.next = first;
    }

    /** The name of the file that begins with an entry. */
    static String name(long first) {
        return PREFIX + first + SUFFIX;
    }

    /** With which entry a file of this name would begin. */
    static OptionalLong first(String name) {
        if (!name.matches(PREFIX + "(0|[1-9][0-9]{0,17})" + SUFFIX)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(name.substring(PREFIX.length(), name.length() - SUFFIX.length())));
    }

    /** What a file begins with. */
    static ByteBuffer header(long first) {
        ByteBuffer header = ByteBuffer.allocate(HEADER);
        header.putLong(MAGIC).putInt(VERSION).putLong(first);
        header.putInt(crc(header, 0, HEADER - CRC));
        return header.flip();
    }

    /** The version that a header says; -1 if it is none, or not that of this file. */
    int version(ByteBuffer content) {
        if (content.limit() < HEADER || content.getLong(0) != MAGIC) {
            return -1;
        }
        int version = content.getInt(8);
        boolean good = content.getLong(12) == first && content.getInt(HEADER - CRC) == crc(content, 0, HEADER - CRC);
        return good || version > VERSION ? version : -1;
    }

    static int crc(ByteBuffer in, int start, int end) {
        CRC32C crc = new CRC32C();
        crc.update(in.duplicate().limit(end).position(start));
        return (int) crc.getValue();
    }

    /** Where the entry behind the one at {@code at} would be (with its CRC); -1 if there is no good one. */
    static int behind(ByteBuffer in, int at) {
        int entry = at + CRC;
        if (at < 0 || in.limit() - entry < Entries.H_ASSOCIATION + 6 || in.get(entry) != Entries.HISTORY) {
            return -1;
        }
        int behind = entry + Entries.length(in, entry);
        int client = entry + Entries.H_ASSOCIATION;
        if (behind > in.limit()
                || client + 6 + (in.getShort(client + 4) & 0xFFFF) > behind
                || in.getInt(at) != crc(in, entry, behind)) {
            return -1;
        }
        return behind;
    }

    long first() {
        return first;
    }

    /** The number of the entry that comes next. */
    long next() {
        return next;
    }

    int end() {
        return end;
    }

    Disk.File file() {
        return file;
    }

    /** The first second that an entry of it is about. */
    long earliest() {
        return earliest;
    }

    /** When the last of its holdings ended. */
    long latest() {
        return latest;
    }

    /** When the first of its holdings ended; not known of a file that has an index. */
    long firstEnd() {
        return firstEnd;
    }

    /** How many entries it has. */
    long count() {
        return next - first;
    }

    @Nullable
    HistoryIndex index() {
        return index;
    }

    /** From now on there is an index. */
    void setIndex(HistoryIndex made) {
        index = made;
    }

    /** Notes an entry that is or will be in the file; where it ends is noted apart. */
    void note(ByteBuffer in, int entry) {
        earliest = Math.min(earliest, in.getLong(entry + Entries.H_FROM));
        latest = Math.max(latest, in.getLong(entry + Entries.H_TO));
        firstEnd = Math.min(firstEnd, in.getLong(entry + Entries.H_TO));
        next = in.getLong(entry + Entries.H_ID) + 1;
    }

    /** Takes over what an index says. */
    void restore(long nextEntry, int endOfFile, long earliestSecond, long latestSecond) {
        next = nextEntry;
        earliest = earliestSecond;
        latest = latestSecond;
        end = endOfFile;
    }

    /** Where the next entry goes. */
    void setEnd(int offset) {
        end = offset;
    }

    /** All of it, or as much as {@code limit} says. */
    ByteBuffer content(long limit) throws IOException {
        ByteBuffer content = ByteBuffer.allocateDirect((int) Math.min(limit, Integer.MAX_VALUE - 8));
        file.read(content, 0);
        return content.flip();
    }
}
