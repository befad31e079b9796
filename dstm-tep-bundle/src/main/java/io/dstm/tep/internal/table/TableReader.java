package io.dstm.tep.internal.table;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * A packet thread's entrance to the table. It announces the epoch that the thread reads, so that the writer knows when nobody can
 * see what it wants to overwrite. One thread at a time.
 */
public final class TableReader implements AutoCloseable {

    /** Announced between batches: the thread reads nothing. */
    private static final long OUTSIDE = Long.MAX_VALUE;

    private static final VarHandle EPOCH;

    static {
        try {
            EPOCH = MethodHandles.lookup().findVarHandle(TableReader.class, "epoch", long.class);
        } catch (ReflectiveOperationException impossible) {
            throw new ExceptionInInitializerError(impossible);
        }
    }

    private final BindingTable table;
    private volatile long epoch = OUTSIDE;

    TableReader(BindingTable table) {
        this.table = table;
    }

    /** Begins to read. Call {@link #leave()} after the batch, whatever happens. */
    public TableView enter() {
        TableView view = table.view();
        while (true) {
            // Announce first, look again after: the writer either sees the announcement or has published before.
            epoch = view.epoch;
            TableView latest = table.view();
            if (latest == view) {
                return view;
            }
            view = latest;
        }
    }

    /** Ends to read. */
    public void leave() {
        EPOCH.setRelease(this, OUTSIDE);
    }

    /** Whether this thread may still read an epoch before {@code present}. */
    boolean isBehind(long present) {
        return epoch < present;
    }

    /** Takes the thread out of the table's books. */
    @Override
    public void close() {
        leave();
        table.forget(this);
    }
}
