package io.dstm.store.journal.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.zip.CRC32C;

/**
 * One file of the journal: a header, then blocks. The header (64 octets) has a magic number, the version of the format, the segment's
 * number, the first segment that counted when it was made, the sequence number of its first block, the number of the next entry of
 * the history, zeros, and a CRC32C.
 */
final class Segment {

    static final int HEADER = 64;
    static final int VERSION = 1;

    private static final long MAGIC = 0x4453544d_4a524e4cL;
    private static final String PREFIX = "leases-";
    private static final String SUFFIX = ".log";
    private static final int CRC_AT = HEADER - 4;

    private final long number;
    private final int slot;
    private final Disk.File file;

    /** Where what was flushed ends. */
    private int end = HEADER;

    private int entries;
    private int live;
    private long lastHistory = -1;

    Segment(long number, int slot, Disk.File file) {
        this.number = number;
        this.slot = slot;
        this.file = file;
    }

    /** The name of a segment's file. */
    static String name(long number) {
        return PREFIX + number + SUFFIX;
    }

    /** Which segment a file of this name would be. */
    static OptionalLong number(String name) {
        if (!name.matches(PREFIX + "[1-9][0-9]{0,17}" + SUFFIX)) {
            return OptionalLong.empty();
        }
        return OptionalLong.of(Long.parseLong(name.substring(PREFIX.length(), name.length() - SUFFIX.length())));
    }

    /** What a header says. */
    record Header(int version, long number, long first, long sequence, long nextHistory) {

        /** As octets. */
        ByteBuffer encode() {
            ByteBuffer header = ByteBuffer.allocate(HEADER);
            header.putLong(MAGIC).putInt(version).putInt(0).putLong(number).putLong(first);
            header.putLong(sequence).putLong(nextHistory);
            header.putInt(CRC_AT, crc(header));
            return header.rewind();
        }

        /** Of octets; {@code null} if they are none. A newer version may have anything behind it. */
        static @org.jspecify.annotations.Nullable Header decode(ByteBuffer in) {
            if (in.limit() < HEADER || in.getLong(0) != MAGIC) {
                return null;
            }
            int version = in.getInt(8);
            if (version <= VERSION && in.getInt(CRC_AT) != crc(in)) {
                return null;
            }
            return new Header(version, in.getLong(16), in.getLong(24), in.getLong(32), in.getLong(40));
        }

        private static int crc(ByteBuffer header) {
            CRC32C crc = new CRC32C();
            crc.update(header.duplicate().position(0).limit(CRC_AT));
            return (int) crc.getValue();
        }
    }

    long number() {
        return number;
    }

    int slot() {
        return slot;
    }

    Disk.File file() {
        return file;
    }

    /** Where the next block goes. */
    int end() {
        return end;
    }

    /** Sets where the next block goes. */
    void setEnd(int offset) {
        end = offset;
    }

    /** Octets for each lease that is still the last of its key, as far as that can be told without looking. */
    long liveBytes() {
        return entries == 0 ? 0 : (long) (end - HEADER) * live / entries;
    }

    /** Counts entries that were written. */
    void addEntries(int count) {
        entries += count;
    }

    /** Counts leases here that are the last of their key. */
    void addLive(int count) {
        live += count;
    }

    int live() {
        return live;
    }

    /** The highest number of an entry of the history here, -1 if there is none. */
    long lastHistory() {
        return lastHistory;
    }

    /** Notes the number of an entry of the history. */
    void noteHistory(long id) {
        lastHistory = Math.max(lastHistory, id);
    }

    /** The whole file. */
    ByteBuffer content() throws IOException {
        return content(ByteBuffer.allocateDirect(0));
    }

    /** The whole file, in a buffer that was used before if it fits into that. From any thread. */
    ByteBuffer content(ByteBuffer before) throws IOException {
        int size = (int) Math.min(file.size(), Place.LARGEST_SEGMENT);
        ByteBuffer whole = before.capacity() >= size ? before.clear() : ByteBuffer.allocateDirect(size);
        file.read(whole.limit(size), 0);
        return whole.flip();
    }
}
