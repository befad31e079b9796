package io.dstm.tep.internal.rules;

import io.dstm.api.tep.CounterValue;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Counts outcomes: each packet thread in an array of its own, added up when somebody asks. */
public final class Counters {

    private static final Outcome[] OUTCOMES = Outcome.values();

    private final List<Block> blocks = new CopyOnWriteArrayList<>();

    /** The array of one packet thread. */
    public Block newBlock() {
        Block block = new Block();
        blocks.add(block);
        return block;
    }

    /** Packets that ended in {@code outcome}. */
    public long packets(Outcome outcome) {
        return blocks.stream()
                .mapToLong(block -> block.get(Block.index(outcome)))
                .sum();
    }

    /** Their bytes. */
    public long bytes(Outcome outcome) {
        return blocks.stream()
                .mapToLong(block -> block.get(Block.index(outcome) + 1))
                .sum();
    }

    /** All counters, in the order of their definition. */
    public List<CounterValue> values() {
        List<CounterValue> values = new ArrayList<>(OUTCOMES.length);
        for (Outcome outcome : OUTCOMES) {
            values.add(new CounterValue(outcome.counter(), packets(outcome), bytes(outcome)));
        }
        return values;
    }

    /** The counters of one thread: only that thread adds, any thread reads. */
    public static final class Block {

        private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);
        /** Keeps other objects off the cache lines that the thread writes. */
        private static final int PADDING = 8;

        private final long[] counts = new long[2 * PADDING + 2 * OUTCOMES.length];

        private Block() {}

        /** Counts one packet. */
        public void add(Outcome outcome, int bytes) {
            int index = index(outcome);
            LONGS.setOpaque(counts, index, counts[index] + 1);
            LONGS.setOpaque(counts, index + 1, counts[index + 1] + bytes);
        }

        /** Counts several packets at once. */
        void add(Outcome outcome, int packets, long bytes) {
            int index = index(outcome);
            LONGS.setOpaque(counts, index, counts[index] + packets);
            LONGS.setOpaque(counts, index + 1, counts[index + 1] + bytes);
        }

        /** How many packets this thread counted. */
        long packets(Outcome outcome) {
            return get(index(outcome));
        }

        private long get(int index) {
            return (long) LONGS.getOpaque(counts, index);
        }

        /** The order of definition is the layout of an array that nobody keeps. */
        @SuppressWarnings("EnumOrdinal")
        private static int index(Outcome outcome) {
            return PADDING + 2 * outcome.ordinal();
        }
    }
}
