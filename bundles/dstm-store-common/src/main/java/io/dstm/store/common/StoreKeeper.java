package io.dstm.store.common;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport.Entry;
import io.dstm.api.lease.LeaseStoreException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the store that the configuration asks for open and offers it. What cannot be opened at first is tried again, after 1, 2, 4
 * and at most 60 seconds. When a store is open, a configuration whose store cannot be opened is refused.
 */
public final class StoreKeeper implements AutoCloseable {

    /** Opens a store. */
    @FunctionalInterface
    public interface Opener {

        /** May block. */
        DurableStore open(StoreConfig config) throws LeaseStoreException;
    }

    /** Where an open store is offered. */
    public interface Offer {

        /** From now on. */
        void publish(DurableStore store);

        /** No longer; returns when nobody uses it as a service any more. */
        void withdraw();
    }

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private static final Logger log = LoggerFactory.getLogger(StoreKeeper.class);

    private final StoreConfig.Engine mine;
    private final Opener opener;
    private final Offer offer;
    private final InstantSource clock;
    private final Duration firstPause;

    /** Does everything, since opening may take long; the fields below without volatile are its own. */
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "dstm-store-keeper");
        thread.setDaemon(true);
        return thread;
    });

    private @Nullable StoreConfig inForce;
    private @Nullable DurableStore store;
    private @Nullable ScheduledFuture<?> retry;

    private volatile @Nullable Entry entry;

    /**
     * A keeper that waits for a configuration.
     *
     * @param mine the engine whose configurations it takes; of another one it keeps nothing open
     * @param firstPause how long to wait before what cannot be opened is tried again
     */
    public StoreKeeper(StoreConfig.Engine mine, Opener opener, Offer offer, InstantSource clock, Duration firstPause) {
        this.mine = mine;
        this.opener = opener;
        this.offer = offer;
        this.clock = clock;
        this.firstPause = firstPause;
        this.entry = new Entry(StoreConfig.PID, false, List.of(), clock.instant());
    }

    /** How the configuration fared; nothing if it asks for another engine. */
    public List<Entry> entries() {
        Entry present = entry;
        return present == null ? List.of() : List.of(present);
    }

    /** Takes a configuration; returns before it is in force. */
    public void configure(Map<String, ?> properties) {
        try {
            StoreConfig wanted = StoreConfig.read(properties);
            executor.execute(() -> take(wanted));
        } catch (ConfigException refused) {
            refuse(refused.problems(), refused.getMessage());
        }
    }

    private void refuse(List<ConfigProblem> problems, @Nullable String message) {
        entry = new Entry(StoreConfig.PID, false, problems, clock.instant());
        log.error("DSTM-7002 Configuration {} is refused, the one before stays in force: {}", StoreConfig.PID, message);
    }

    private void take(StoreConfig wanted) {
        cancelRetry();
        if (wanted.engine() != mine) {
            stop();
            entry = null;
            log.info(
                    "DSTM-7023 Configuration {} asks for engine {}, so the engine {} stays closed; without the feature of the"
                            + " other one no lease is given",
                    StoreConfig.PID,
                    wanted.engine(),
                    mine);
            return;
        }
        DurableStore open = store;
        StoreConfig before = inForce;
        if (open == null || before == null) {
            tryOpen(wanted, firstPause);
        } else if (wanted.directory().equals(before.directory())) {
            open.setLimit(wanted.queueLimit());
            open.keepHistory(wanted.history());
            accept(wanted);
        } else {
            move(open, wanted);
        }
    }

    private void accept(StoreConfig config) {
        inForce = config;
        entry = new Entry(StoreConfig.PID, true, List.of(), clock.instant());
    }

    private void move(DurableStore old, StoreConfig wanted) {
        try {
            DurableStore next = opener.open(wanted);
            offer.withdraw();
            old.close();
            store = next;
            offer.publish(next);
            accept(wanted);
        } catch (LeaseStoreException failed) {
            refuse(List.of(problem(failed)), failed.getMessage());
        }
    }

    private static ConfigProblem problem(LeaseStoreException failed) {
        return new ConfigProblem(StoreConfig.DIRECTORY, String.valueOf(failed.getMessage()));
    }

    private void tryOpen(StoreConfig wanted, Duration pause) {
        try {
            DurableStore open = opener.open(wanted);
            store = open;
            offer.publish(open);
            accept(wanted);
        } catch (LeaseStoreException failed) {
            entry = new Entry(StoreConfig.PID, false, List.of(problem(failed)), clock.instant());
            log.error(
                    "DSTM-7003 The lease store cannot be opened, so no lease is given; tried again in {} s: {}",
                    pause.toSeconds(),
                    failed.getMessage());
            log.debug("Why the store cannot be opened", failed);
            Duration doubled = pause.multipliedBy(2);
            Duration next = doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
            retry = executor.schedule(() -> tryOpen(wanted, next), pause.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void cancelRetry() {
        if (retry != null) {
            retry.cancel(false);
            retry = null;
        }
    }

    /** Withdraws the store, completes what was accepted and closes it. */
    @Override
    public void close() {
        try {
            executor.execute(this::stop);
        } catch (RejectedExecutionException ignored) {
            // Closed before.
        }
        executor.shutdown();
        boolean interrupted = false;
        while (!executor.isTerminated()) {
            try {
                executor.awaitTermination(1, TimeUnit.MINUTES);
            } catch (InterruptedException again) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void stop() {
        cancelRetry();
        DurableStore open = store;
        store = null;
        inForce = null;
        if (open != null) {
            offer.withdraw();
            open.close();
        }
    }
}
