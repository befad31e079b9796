package io.dstm.store.journal.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the oldest segments away, a bite with each block: what is alive in them is written once more in the same block. The oldest
 * go first, whatever is in them, so that the end of a lease, which is an entry too, is never gone before the lease.
 */
final class Cleaner {

    /** The files are let grow to so many halves of what is alive. */
    private static final int HALVES = 5;

    /** For each octet that is written so many are looked at, so that this is faster than what comes. */
    private static final int PACE = 4;

    private static final Logger log = LoggerFactory.getLogger(Cleaner.class);

    private final Journal journal;
    private final int slack;
    private final Executor background;

    /** The content of the oldest segment, whose blocks are all good; fails if they are not. */
    private @Nullable CompletableFuture<ByteBuffer> reading;

    private ByteBuffer buffer = ByteBuffer.allocateDirect(0);
    private @Nullable Block block;
    private int at;
    private long announced;
    private boolean unreadable;

    /**
     * For a journal that is let have {@code slack} octets more than its share.
     *
     * @param background reads segments
     */
    Cleaner(Journal journal, int slack, Executor background) {
        this.journal = journal;
        this.slack = slack;
        this.background = background;
    }

    /**
     * Copies something into the block, if there is too much.
     *
     * @param flushedHistory all entries of the history before this one are where they belong
     */
    void step(Output out, long flushedHistory, long nextHistory) {
        announced = 0;
        Segment oldest = journal.oldest();
        if (reading == null) {
            if (!unreadable && isTooMuch()) {
                block = null;
                at = Segment.HEADER;
                reading = read(oldest);
            }
            return;
        }
        if (!reading.isDone()) {
            return;
        }
        if (reading.isCompletedExceptionally()) {
            unreadable = true;
            reading = null;
            return;
        }
        buffer = reading.join();
        int until = (int) Math.min(oldest.end(), at + (long) PACE * out.size());
        while (at < until) {
            next(out, oldest);
        }
        if (at >= oldest.end() && oldest.lastHistory() < flushedHistory) {
            announced = oldest.number() + 1;
            Entries.start(out, announced, nextHistory);
        }
    }

    private boolean isTooMuch() {
        return journal.oldest() != journal.active() && journal.size() * 2 > journal.liveBytes() * HALVES + 2L * slack;
    }

    private CompletableFuture<ByteBuffer> read(Segment segment) {
        ByteBuffer before = buffer;
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        ByteBuffer content = segment.content(before);
                        for (int start = Segment.HEADER; start < segment.end(); ) {
                            Block good = Block.read(content, start, segment.number());
                            if (good == null) {
                                throw new IOException("a block at " + start + " is damaged");
                            }
                            start = good.end();
                        }
                        return content;
                    } catch (IOException broken) {
                        log.error(
                                "DSTM-7026 {} was good and cannot be read any more ({}); leases are still stored, but the files grow and"
                                        + " the next start will fail: look at the disk, and export the leases",
                                Segment.name(segment.number()),
                                broken.toString());
                        throw new java.io.UncheckedIOException(broken);
                    }
                },
                background);
    }

    /** Goes to the next entry, or to the next block. */
    private void next(Output out, Segment oldest) {
        ByteBuffer in = buffer;
        Block present = block;
        if (present == null) {
            present = Block.read(in, at, oldest.number());
            if (present == null) {
                throw new IllegalStateException("a good block has become a bad one");
            }
            block = present;
            at = present.body();
        }
        if (at >= present.bodyEnd()) {
            at = present.end();
            block = null;
            return;
        }
        LiveSet live = journal.live();
        byte type = in.get(at);
        if (type == Entries.PUT && live.isLive(in, at, oldest, at)) {
            int to = copy(out, in, at);
            live.put(out.buffer(), to, journal.active(), journal.added(to));
        } else if (type == Entries.PUT_IPV6 && live.isLiveIpv6(in, at, oldest, at)) {
            int to = copy(out, in, at);
            live.putIpv6(out.buffer(), to, journal.active(), journal.added(to));
        }
        at += Entries.length(in, at);
    }

    private static int copy(Output out, ByteBuffer in, int entry) {
        int length = Entries.length(in, entry);
        int to = out.size();
        out.room(length).put(in.duplicate().limit(entry + length).position(entry));
        return to;
    }

    /** Whether all is copied and only the history is missing where it belongs. */
    boolean waitsForHistory() {
        return reading != null && reading.isDone() && at >= journal.oldest().end() && announced == 0;
    }

    /** The block is flushed. */
    void flushed() {
        if (announced != 0) {
            reading = null;
            journal.startAt(announced);
            announced = 0;
        }
    }

    /** The block is lost, and with it what was copied: begins the segment again. */
    void rollBack() {
        reading = null;
        announced = 0;
    }
}
