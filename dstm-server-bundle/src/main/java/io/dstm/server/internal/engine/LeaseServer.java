package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseStore;
import java.time.InstantSource;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** An engine with its two threads and the system's clocks. */
public final class LeaseServer implements AutoCloseable {

    private final EngineLoop loop = new EngineLoop("dstm-leases");
    private final ExecutorService events = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "dstm-lease-events");
        thread.setDaemon(true);
        return thread;
    });
    private final LeaseEngine engine;

    /** A server of the leases in {@code store}, at rest. */
    public LeaseServer(LeaseStore store) {
        engine = new LeaseEngine(store, loop, events, InstantSource.system(), () -> System.nanoTime() / 1_000_000);
    }

    /** The engine. */
    public LeaseEngine engine() {
        return engine;
    }

    /** Loads the store in the background, then serves. */
    public void start() {
        engine.start();
        loop.start(engine::turn);
    }

    /** Answers who waits, and ends. */
    @Override
    public void close() {
        engine.close();
        loop.stop();
        events.shutdown();
    }
}
