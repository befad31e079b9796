package io.dstm.store.journal.internal;

import io.dstm.api.lease.Lease;
import io.dstm.store.common.StoreProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The segments, and the block that is being written. Never is there more than one block that was written and not flushed, so what is
 * broken anywhere else was broken by something else than a power cut. For one thread.
 */
final class Journal {

    /** More than nearly every lease has. */
    private static final int READ = 256;

    private static final Logger log = LoggerFactory.getLogger(Journal.class);

    private final Executor background;
    private final Disk disk;
    private final int segmentSize;
    private final LiveSet live;
    private final ArrayDeque<Segment> segments = new ArrayDeque<>();
    private final Output out = new Output();
    private final ByteBuffer scratch = ByteBuffer.allocateDirect(Entries.HEAD + (1 << Short.SIZE));
    private final EntryReader reader = new EntryReader();

    private long sequence;
    private long first;
    private int entries;
    private boolean last;
    private @Nullable Segment next;

    /**
     * A journal that is not open yet.
     *
     * @param segmentSize a segment ends with the block that makes it as long
     * @param background deletes files
     */
    Journal(Disk disk, LiveSet live, int segmentSize, Executor background) {
        this.background = background;
        this.disk = disk;
        this.live = live;
        this.segmentSize = segmentSize;
    }

    /** Takes over what is there, oldest first; the next block is to have that number. */
    void takeOver(Iterable<Segment> found, long firstThatCounts, long nextSequence) {
        found.forEach(segments::add);
        first = firstThatCounts;
        sequence = nextSequence;
    }

    /** The first segment of all, or the one behind the last. */
    Segment create(long number, long nextHistory) throws IOException {
        int slot = live.freeSlot();
        if (slot >= Place.MOST_SEGMENTS) {
            throw new IOException("There are too many segments");
        }
        Segment segment = new Segment(number, slot, disk.open(Segment.name(number)));
        try {
            segment.file().truncate(0);
            Segment.Header header = new Segment.Header(Segment.VERSION, number, first, sequence + 1, nextHistory);
            segment.file().write(header.encode(), 0);
            segment.file().flush();
            disk.flushNames();
        } catch (IOException failed) {
            segment.file().close();
            throw failed;
        }
        live.add(segment);
        return segment;
    }

    /** The leases there are. */
    LiveSet live() {
        return live;
    }

    /** The segment that is written to. */
    Segment active() {
        return segments.getLast();
    }

    /** The oldest segment. */
    Segment oldest() {
        return segments.getFirst();
    }

    /** The segments, oldest first. */
    Iterable<Segment> segments() {
        return segments;
    }

    /** How long all segments are together. */
    long size() {
        long size = 0;
        for (Segment segment : segments) {
            size += segment.end();
        }
        return size;
    }

    /** How much of that is alive, about. */
    long liveBytes() {
        long bytes = 0;
        for (Segment segment : segments) {
            bytes += segment.liveBytes();
        }
        return bytes;
    }

    /** Begins a block. */
    Output begin() {
        out.clear();
        out.room(Block.HEAD).position(Block.HEAD);
        entries = 0;
        live.begin();
        return out;
    }

    /** Notes an entry that was appended to the block as one that can be alive; answers where it is in the segment. */
    int added(int at) {
        entries++;
        return active().end() + at;
    }

    /** Whether anything is in the block. */
    boolean isEmpty() {
        return out.size() <= Block.HEAD;
    }

    /** How long the block is. */
    int blockSize() {
        return out.size();
    }

    /** Writes the block. */
    void write(long nextHistory) throws IOException {
        Segment active = active();
        last = active.end() + out.size() >= segmentSize;
        if (last && next == null) {
            next = create(active.number() + 1, nextHistory);
        }
        Block.finish(out, active.number(), sequence, last);
        active.file().write(out.buffer().duplicate().flip(), active.end());
    }

    /** Makes the block survive a power cut. */
    void flush() throws IOException {
        Segment active = active();
        active.file().flush();
        active.setEnd(active.end() + out.size());
        active.addEntries(entries);
        sequence++;
        Segment behind = next;
        if (last && behind != null) {
            segments.add(behind);
            next = null;
        }
    }

    /** Forgets the block. */
    void rollBack() {
        live.rollBack();
        out.clear();
    }

    /** Takes from the disk what may have come there of a block that failed. */
    void repair() throws IOException {
        Segment behind = next;
        if (behind != null) {
            // Its header says which block comes first in it.
            next = null;
            live.drop(behind);
            behind.file().close();
        }
        active().file().truncate(active().end());
        active().file().flush();
    }

    /** Lets go of the segments before {@code segment}, in which nothing is alive: a flushed block says so. */
    void startAt(long segment) {
        first = Math.max(first, segment);
        for (Iterator<Segment> all = segments.iterator(); all.hasNext(); ) {
            Segment one = all.next();
            if (one.number() >= first) {
                return;
            }
            all.remove();
            live.drop(one);
            one.file().close();
            background.execute(() -> delete(one));
        }
    }

    private void delete(Segment segment) {
        try {
            disk.delete(Segment.name(segment.number()));
        } catch (IOException refused) {
            log.warn(
                    "DSTM-7025 {} in {} is not needed any more and cannot be deleted ({}); it is tried again at the next start",
                    Segment.name(segment.number()),
                    disk.place(),
                    refused.toString());
        }
    }

    /**
     * A lease and since when it has had its tunnel.
     *
     * @param from seconds since 1970
     */
    record Holding(Lease lease, long from) {}

    /** The lease at a place, which may be in the block. */
    Holding read(long place) throws IOException, StoreProblem {
        Segment segment = live.segment(place);
        int offset = Place.offset(place);
        ByteBuffer in = scratch;
        int at = 0;
        if (segment == active() && offset >= segment.end()) {
            in = out.buffer();
            at = offset - segment.end();
        } else {
            segment.file().read(scratch.clear().limit(READ), offset);
            if (scratch.position() == READ && Entries.length(scratch, 0) > READ) {
                segment.file().read(scratch.limit(Entries.length(scratch, 0)), offset + READ);
            }
        }
        return new Holding(reader.lease(in, at), in.getLong(at + Entries.FROM));
    }

    /** Since when the lease at a place has had its tunnel. */
    long from(long place) throws IOException, StoreProblem {
        return read(place).from();
    }

    /** Lets go of the files. */
    void close() {
        segments.forEach(segment -> segment.file().close());
        Segment behind = next;
        if (behind != null) {
            behind.file().close();
        }
        segments.clear();
    }
}
