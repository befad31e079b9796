package io.dstm.store.journal.internal;

import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what a process left, however it ended. Cut off is only what can be a block that was never flushed: what lies behind the last
 * good block of the last segment, if no good block follows. All else that is broken is a {@link StoreProblem}.
 */
final class Recovery {

    /** Hears of the entries of the history that are still in the journal, in their order. */
    @FunctionalInterface
    interface HistoryVisitor {

        /** There is one at {@code at}, with this number. */
        void entry(long id, ByteBuffer in, int at) throws IOException, StoreProblem;
    }

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);

    private final Disk disk;
    private final LiveSet live;
    private final HistoryVisitor history;
    private final List<Segment> segments = new ArrayList<>();

    /** Of the next block; 0 before the first one is seen. */
    private long sequence;

    /** Used for each segment in turn: there may be more of them than memory. */
    private ByteBuffer buffer = ByteBuffer.allocateDirect(0);

    private long first = 1;
    private long nextHistory;
    private boolean ended;

    Recovery(Disk disk, LiveSet live, HistoryVisitor history) {
        this.disk = disk;
        this.live = live;
        this.history = history;
    }

    /** Reads everything and opens {@code journal}; answers the number that the next entry of the history has at least. */
    long open(Journal journal) throws IOException, StoreProblem {
        TreeSet<Long> numbers = new TreeSet<>();
        for (String name : disk.list()) {
            Segment.number(name).ifPresent(numbers::add);
        }
        try {
            for (long number : lastRun(numbers)) {
                read(number);
            }
            if (segments.isEmpty()) {
                Segment fresh = journal.create(1, 0);
                segments.add(fresh);
                sequence = 1;
            } else if (ended) {
                throw damaged(Segment.name(segments.get(segments.size() - 1).number() + 1) + " is missing");
            }
            if (first < segments.get(0).number()) {
                throw damaged(Segment.name(first) + " is missing");
            }
        } catch (IOException | StoreProblem failed) {
            segments.forEach(segment -> segment.file().close());
            throw failed;
        }
        journal.takeOver(segments, first, sequence);
        for (long number : numbers.headSet(segments.get(0).number())) {
            disk.delete(Segment.name(number));
        }
        journal.startAt(first);
        return nextHistory;
    }

    /** Older ones were about to be deleted, in any order. */
    private static List<Long> lastRun(SortedSet<Long> numbers) {
        List<Long> run = new ArrayList<>();
        for (long number : numbers) {
            if (!run.isEmpty() && run.get(run.size() - 1) != number - 1) {
                run.clear();
            }
            run.add(number);
        }
        return run;
    }

    private void read(long number) throws IOException, StoreProblem {
        Segment segment = new Segment(number, live.freeSlot(), disk.open(Segment.name(number)));
        boolean taken = false;
        try {
            buffer = segment.content(buffer);
            taken = take(segment, buffer);
        } finally {
            if (!taken) {
                segment.file().close();
            }
        }
    }

    private boolean take(Segment segment, ByteBuffer content) throws IOException, StoreProblem {
        long number = segment.number();
        Segment.Header header = Segment.Header.decode(content);
        if (header != null && header.version() > Segment.VERSION) {
            throw new StoreProblem(
                    StoreFailure.NEWER,
                    "The leases in " + disk.place() + " were written by a newer release (format " + header.version()
                            + ")",
                    null);
        }
        boolean expected = segments.isEmpty() || ended;
        boolean spare = (!expected || numberOfOnly(number)) && !Block.isAnyBehind(content, Segment.HEADER, number);
        boolean good = header != null && header.number() == number;
        if (spare && (!expected || !good && content.limit() <= Segment.HEADER)) {
            // Made and not used before the end came.
            disk.delete(Segment.name(number));
            return false;
        }
        if (header == null || !good || !expected || sequence != 0 && header.sequence() != sequence) {
            throw damaged(segment, "its header", 0);
        }
        segments.add(segment);
        live.add(segment);
        sequence = header.sequence();
        first = Math.max(first, header.first());
        nextHistory = Math.max(nextHistory, header.nextHistory());
        ended = false;
        readBlocks(segment, content);
        return true;
    }

    /** A first segment may have been under way when the power was cut. */
    private boolean numberOfOnly(long number) {
        return segments.isEmpty() && number == 1;
    }

    private void readBlocks(Segment segment, ByteBuffer content) throws IOException, StoreProblem {
        int at = Segment.HEADER;
        while (!ended) {
            Block block = Block.read(content, at, segment.number());
            if (block == null || block.sequence() != sequence) {
                break;
            }
            int entry = block.body();
            while (entry < block.bodyEnd()) {
                entry = readEntry(segment, content, entry, block.bodyEnd());
            }
            sequence++;
            at = block.end();
            ended = block.last();
        }
        segment.setEnd(at);
        if (at == content.limit()) {
            return;
        }
        if (ended || segment.file().size() > content.limit() || Block.isAnyBehind(content, at, segment.number())) {
            throw damaged(segment, "a block", at);
        }
        log.debug("{} octets that were never flushed are cut off {}", content.limit() - at, segment.number());
        segment.file().truncate(at);
        segment.file().flush();
    }

    private int readEntry(Segment segment, ByteBuffer in, int at, int end) throws IOException, StoreProblem {
        int behind = at + Entries.HEAD <= end ? at + Entries.length(in, at) : Integer.MAX_VALUE;
        if (behind > end || behind - at < leastLength(in.get(at))) {
            throw senseless(segment, at);
        }
        switch (in.get(at)) {
            case Entries.PUT -> {
                check(segment, in, at, behind, Entries.ASSOCIATION);
                live.put(in, at, segment, at);
                segment.addEntries(1);
            }
            case Entries.REMOVE -> live.remove(in.getLong(at + Entries.KEY));
            case Entries.PUT_IPV6 -> {
                check(segment, in, at, behind, Entries.P_ASSOCIATION);
                live.putIpv6(in, at, segment, at);
                segment.addEntries(1);
            }
            case Entries.REMOVE_IPV6 -> live.removeIpv6(in, at);
            case Entries.HISTORY -> {
                check(segment, in, at, behind, Entries.H_ASSOCIATION);
                long id = in.getLong(at + Entries.H_ID);
                segment.noteHistory(id);
                nextHistory = Math.max(nextHistory, id + 1);
                history.entry(id, in, at);
            }
            case Entries.START -> {
                first = Math.max(first, in.getLong(at + Entries.HEAD));
                nextHistory = Math.max(nextHistory, in.getLong(at + Entries.HEAD + Long.BYTES));
            }
            default -> throw senseless(segment, at);
        }
        return behind;
    }

    private static int leastLength(byte type) {
        return switch (type) {
            case Entries.PUT -> Entries.ASSOCIATION + 6;
            case Entries.REMOVE -> Entries.HEAD + 8;
            case Entries.PUT_IPV6 -> Entries.P_ASSOCIATION + 6;
            case Entries.REMOVE_IPV6 -> Entries.HEAD + 17;
            case Entries.HISTORY -> Entries.H_ASSOCIATION + 6;
            case Entries.START -> Entries.HEAD + 16;
            default -> Entries.HEAD;
        };
    }

    /** The client must lie within the entry. */
    private void check(Segment segment, ByteBuffer in, int at, int behind, int client) throws StoreProblem {
        if (at + client + 6 + (in.getShort(at + client + 4) & 0xFFFF) > behind) {
            throw senseless(segment, at);
        }
    }

    private StoreProblem senseless(Segment segment, int at) {
        return damaged(segment, "an entry", at);
    }

    private StoreProblem damaged(Segment segment, String what, int at) {
        return damaged(Segment.name(segment.number()) + " is damaged: " + what + " at " + at);
    }

    private StoreProblem damaged(String what) {
        return damaged(disk, what, null);
    }

    /** What is broken on {@code disk}. */
    static StoreProblem damaged(Disk disk, String what, @Nullable Throwable cause) {
        return new StoreProblem(
                StoreFailure.CORRUPT, "The leases in " + disk.place() + " are damaged (" + what + ")", cause);
    }
}
