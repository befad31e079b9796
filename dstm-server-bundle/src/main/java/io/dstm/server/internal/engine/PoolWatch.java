package io.dstm.server.internal.engine;

import io.dstm.api.lease.PoolEvent;
import io.dstm.api.lease.PoolListener;
import io.dstm.api.lease.PoolStatus;
import io.dstm.server.internal.config.Terms;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks every second how full the pools are, and tells log and listeners when one crosses its thresholds. Between the upper and the
 * lower one nothing is said, so that a pool at its limit does not fill the log.
 */
final class PoolWatch {

    private static final Logger log = LoggerFactory.getLogger(PoolWatch.class);

    /** How often it looks. */
    static final long EVERY_MILLIS = 1_000;

    private final List<PoolListener> listeners = new CopyOnWriteArrayList<>();
    private final Executor executor;

    /** Calls listeners by way of {@code executor}, which runs one task at a time in order. */
    PoolWatch(Executor executor) {
        this.executor = executor;
    }

    void add(PoolListener listener) {
        listeners.add(listener);
    }

    void remove(PoolListener listener) {
        listeners.remove(listener);
    }

    /** Looks at every pool; from the engine's thread. */
    void look(PoolSet pools, Terms server) {
        for (PoolSet.Entry entry : pools.byPriority()) {
            PoolStatus status = entry.status();
            Terms terms = entry.terms(server);
            PoolSet.Alarm alarm = entry.alarm();
            boolean high = terms.alarmHigh() > 0 && !below(status, terms.alarmHigh());
            boolean low = terms.alarmHigh() == 0 || below(status, terms.alarmLow());
            if (high && !alarm.high) {
                alarm.high = true;
                log.warn(
                        "DSTM-1051 The pool {} is nearly full: {} of {} addresses or port sets are lent, rest or are"
                                + " reserved, which is {} % or more (alarm.high); add ranges or shorten lease.time",
                        status.name(), status.capacity() - status.free(), status.capacity(), terms.alarmHigh());
                tell(PoolEvent.Kind.HIGH, status);
            } else if (low && alarm.high) {
                alarm.high = false;
                log.info(
                        "DSTM-1052 The pool {} has room again: {} of {} addresses or port sets are free",
                        status.name(),
                        status.free(),
                        status.capacity());
                tell(PoolEvent.Kind.RELAXED, status);
            }
            if (status.free() == 0 && !alarm.exhausted) {
                alarm.exhausted = true;
                tell(PoolEvent.Kind.EXHAUSTED, status);
            } else if (low && status.free() > 0) {
                alarm.exhausted = false;
            }
        }
    }

    private static boolean below(PoolStatus status, int percent) {
        return 100 * (status.capacity() - status.free()) < percent * status.capacity();
    }

    private void tell(PoolEvent.Kind kind, PoolStatus status) {
        if (listeners.isEmpty()) {
            return;
        }
        PoolEvent event = new PoolEvent(kind, status);
        executor.execute(() -> {
            for (PoolListener listener : listeners) {
                try {
                    listener.onPool(event);
                } catch (RuntimeException defect) {
                    log.warn(
                            "DSTM-1062 A listener of pools failed; this is a defect of {}: {}",
                            listener.getClass().getName(),
                            defect.toString());
                }
            }
        });
    }
}
