package io.dstm.bench.tep;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepException;
import io.dstm.tep.internal.table.BindingTable;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Changes bindings at a steady rate: a hundred at a time, half of them taken away and half added, as leases that come and go. The
 * clients are others than those of the traffic, whose packets must all pass.
 */
final class Churn implements AutoCloseable {

    private static final int STEP = 100;
    private static final int CLIENTS = 5_000;

    private final BindingTable table;
    private final int first;
    private final int changesPerSecond;
    private final Thread thread;
    private volatile boolean stopped;
    private volatile @Nullable TepException failure;
    private int oldest;

    /**
     * Begins at once.
     *
     * @param first the first client that may be used
     */
    Churn(BindingTable table, int first, int changesPerSecond) {
        this.table = table;
        this.first = first;
        this.changesPerSecond = changesPerSecond;
        this.thread = new Thread(this::run, "churn");
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        long pause = 1_000_000_000L * STEP / changesPerSecond;
        long next = System.nanoTime();
        try {
            while (!stopped) {
                step();
                next += pause;
                long now = System.nanoTime();
                if (now < next) {
                    LockSupport.parkNanos(next - now);
                }
            }
        } catch (TepException refused) {
            failure = refused;
        }
    }

    private void step() throws TepException {
        List<LeaseKey> removed = new ArrayList<>();
        List<Binding> added = new ArrayList<>();
        for (int i = 0; i < STEP / 2; i++) {
            removed.add(Clients.key(first + (oldest + i) % CLIENTS));
            added.add(Clients.binding(first + (oldest + CLIENTS / 2 + i) % CLIENTS));
        }
        table.apply(removed, added);
        oldest = (oldest + STEP / 2) % CLIENTS;
    }

    /** Ends it. */
    @Override
    public void close() throws TepException, InterruptedException {
        stopped = true;
        LockSupport.unpark(thread);
        thread.join();
        TepException refused = failure;
        if (refused != null) {
            throw refused;
        }
    }
}
