package io.dstm.server.internal.engine;

import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseListener;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells listeners of events, in order, on a thread of its own, so that a slow listener holds up no answer. */
final class Notifier {

    private static final Logger log = LoggerFactory.getLogger(Notifier.class);

    /** Events that may wait for slow listeners, about 100 bytes each. */
    private static final int LONGEST_LINE = 100_000;

    private final List<LeaseListener> listeners = new CopyOnWriteArrayList<>();
    private final AtomicInteger waiting = new AtomicInteger();
    private final Executor executor;
    /** What was told in this turn; the engine's thread's, as is what follows. */
    private List<Event> gathered = new ArrayList<>();

    private boolean dropping;

    private record Event(LeaseEvent.Kind kind, Holding holding) {}

    /** Calls listeners by way of {@code executor}, which runs one task at a time in order. */
    Notifier(Executor executor) {
        this.executor = executor;
    }

    void add(LeaseListener listener) {
        listeners.add(listener);
    }

    void remove(LeaseListener listener) {
        listeners.remove(listener);
    }

    /** Passes an event on with the next {@link #flush}; from the engine's thread. */
    void tell(LeaseEvent.Kind kind, Holding holding) {
        if (listeners.isEmpty()) {
            return;
        }
        if (waiting.get() >= LONGEST_LINE) {
            if (!dropping) {
                dropping = true;
                log.warn("DSTM-1061 Listeners of leases are too slow; events are dropped until they have caught up");
            }
            return;
        }
        dropping = false;
        waiting.incrementAndGet();
        gathered.add(new Event(kind, holding));
    }

    /** Has listeners hear what was told since the last time: one task a turn, not a wake-up of their thread for each event. */
    void flush() {
        if (gathered.isEmpty()) {
            return;
        }
        List<Event> events = gathered;
        gathered = new ArrayList<>();
        executor.execute(() -> events.forEach(this::pass));
    }

    private void pass(Event told) {
        waiting.decrementAndGet();
        LeaseEvent event = new LeaseEvent(told.kind, told.holding.toLease());
        for (LeaseListener listener : listeners) {
            try {
                listener.onEvent(event);
            } catch (RuntimeException defect) {
                log.warn(
                        "DSTM-1060 A listener of leases failed; this is a defect of {}: {}",
                        listener.getClass().getName(),
                        defect.toString());
            }
        }
    }
}
