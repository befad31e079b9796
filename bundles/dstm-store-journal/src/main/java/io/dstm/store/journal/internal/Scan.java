package io.dstm.store.journal.internal;

import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads all leases in the order of the journal, some at a time. A lease that is written meanwhile may be shown again as it is then.
 * For the thread of the store.
 *
 * @param <T> a kind of lease
 */
final class Scan<T> {

    /** About a megabyte as objects. */
    private static final int PAGE = 5_000;

    /** Tells what is alive. */
    @FunctionalInterface
    interface Live {

        /** Whether the entry at {@code at} is the last of its key. */
        boolean is(ByteBuffer in, int at, Segment segment, int offset);
    }

    /** Makes objects. */
    @FunctionalInterface
    interface Reading<T> {

        /** Of the entry at {@code at}. */
        T of(ByteBuffer in, int at) throws StoreProblem;
    }

    private final Journal journal;
    private final byte type;
    private final Live live;
    private final Reading<T> reading;
    private @Nullable Segment segment;
    private ByteBuffer content = ByteBuffer.allocateDirect(0);
    private int at;

    Scan(Journal journal, byte type, Live live, Reading<T> reading) {
        this.journal = journal;
        this.type = type;
        this.live = live;
        this.reading = reading;
    }

    /** Some more; nothing if there are no more. */
    List<T> next() throws StoreProblem {
        List<T> page = new ArrayList<>(PAGE);
        try {
            while (page.size() < PAGE) {
                if (at >= content.limit() && !nextSegment()) {
                    break;
                }
                readBlock(page);
            }
        } catch (IOException failed) {
            throw new StoreProblem(StoreFailure.BROKEN, "Reading failed (" + failed + ")", failed);
        }
        return page;
    }

    private boolean nextSegment() throws IOException {
        Segment before = segment;
        for (Segment one : journal.segments()) {
            boolean behind = before == null || one.number() > before.number();
            if (behind && one.live() > 0) {
                segment = one;
                content = one.content(content);
                content.limit(Math.min(content.limit(), one.end()));
                at = Segment.HEADER;
                return true;
            }
        }
        return false;
    }

    private void readBlock(List<T> into) throws IOException, StoreProblem {
        Segment of = segment;
        Block block = of == null ? null : Block.read(content, at, of.number());
        if (of == null || block == null) {
            throw new IOException("what was read before cannot be read again");
        }
        for (int entry = block.body(); entry < block.bodyEnd(); entry += Entries.length(content, entry)) {
            if (content.get(entry) == type && live.is(content, entry, of, entry)) {
                into.add(reading.of(content, entry));
            }
        }
        at = block.end();
    }
}
