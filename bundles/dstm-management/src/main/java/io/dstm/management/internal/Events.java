package io.dstm.management.internal;

import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseListener;
import io.dstm.api.lease.PoolEvent;
import io.dstm.api.lease.PoolListener;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import javax.management.MBeanNotificationInfo;
import javax.management.Notification;
import javax.management.NotificationBroadcasterSupport;
import javax.management.StandardEmitterMBean;

/**
 * Turns what happens into notifications. Events of leases are counted where they happen, which costs next to nothing, and told as
 * sums once a second, so that a storm of clients does not become a storm of notifications.
 */
final class Events implements EventsMXBean, LeaseListener, PoolListener {

    /** How many events of leases are told by themselves between two ticks. */
    static final int MOST_SINGLE = 100;

    private static final String NAME = MBeans.DOMAIN + ":type=Events";

    private final NotificationBroadcasterSupport broadcaster =
            new NotificationBroadcasterSupport(new MBeanNotificationInfo(
                    new String[] {
                        "dstm.leases",
                        "dstm.lease",
                        "dstm.pool.high",
                        "dstm.pool.relaxed",
                        "dstm.pool.exhausted",
                        "dstm.tep.lost",
                        "dstm.tep.forwarding"
                    },
                    Notification.class.getName(),
                    "What happens to leases, pools and TEPs"));
    private final AtomicLong sequence = new AtomicLong();
    private final Map<LeaseEvent.Kind, LongAdder> counts = new EnumMap<>(LeaseEvent.Kind.class);
    private final AtomicInteger single = new AtomicInteger();
    private volatile boolean singleLeaseEvents;

    /** Used by the ticking thread alone. */
    private final Map<LeaseEvent.Kind, Long> told = new EnumMap<>(LeaseEvent.Kind.class);

    /** Used by the ticking thread alone. */
    private final Set<String> forwarding = new HashSet<>();

    Events() {
        for (LeaseEvent.Kind kind : LeaseEvent.Kind.values()) {
            counts.put(kind, new LongAdder());
            told.put(kind, 0L);
        }
    }

    /** As the MBean that sends them. */
    StandardEmitterMBean bean() {
        return new StandardEmitterMBean(this, EventsMXBean.class, true, broadcaster);
    }

    private static LongAdder count(Map<LeaseEvent.Kind, LongAdder> counts, LeaseEvent.Kind kind) {
        return counts.getOrDefault(kind, new LongAdder());
    }

    @Override
    public void onEvent(LeaseEvent event) {
        count(counts, event.kind()).increment();
        if (singleLeaseEvents && single.incrementAndGet() <= MOST_SINGLE) {
            send(
                    "dstm.lease",
                    event.kind() + " " + event.lease().key() + " "
                            + event.lease().client(),
                    Map.of(
                            "kind", event.kind().name(),
                            "address", event.lease().address().toString(),
                            "ports", event.lease().ports().toString(),
                            "client", event.lease().client().toString(),
                            "tunnelSource", event.lease().tunnelSource().toString(),
                            "pool", event.lease().pool(),
                            "until", event.lease().until().toString()));
        }
    }

    @Override
    public void onPool(PoolEvent event) {
        send(
                "dstm.pool." + event.kind().name().toLowerCase(Locale.ROOT),
                "pool " + event.pool().name() + ": " + event.pool().free() + " of "
                        + event.pool().capacity() + " free",
                Map.of(
                        "pool",
                        event.pool().name(),
                        "free",
                        Long.toString(event.pool().free())));
    }

    /** Tells what gathered; to be called every second. */
    void tick(Collection<TunnelEndPoint> teps) {
        single.set(0);
        Map<String, String> news = new TreeMap<>();
        counts.forEach((kind, adder) -> {
            long now = adder.sum();
            long since = now - told.getOrDefault(kind, 0L);
            if (since > 0) {
                news.put(kind.name().toLowerCase(Locale.ROOT), Long.toString(since));
                told.put(kind, now);
            }
        });
        if (!news.isEmpty()) {
            send("dstm.leases", news.toString(), news);
        }
        Set<String> now = new HashSet<>();
        for (TunnelEndPoint tep : teps) {
            if (tep.status().state() == TepStatus.State.FORWARDING) {
                now.add(tep.name());
            }
        }
        for (String name : now) {
            if (forwarding.add(name)) {
                send("dstm.tep.forwarding", "TEP " + name + " forwards", Map.of("tep", name));
            }
        }
        for (String name : Set.copyOf(forwarding)) {
            if (!now.contains(name)) {
                forwarding.remove(name);
                send("dstm.tep.lost", "TEP " + name + " does not forward any longer", Map.of("tep", name));
            }
        }
    }

    private void send(String type, String message, Map<String, String> data) {
        Notification notification = new Notification(type, NAME, sequence.incrementAndGet(), message);
        // A class of the JDK, which every client has.
        notification.setUserData(new HashMap<>(data));
        broadcaster.sendNotification(notification);
    }

    @Override
    public Map<String, Long> getLeaseEvents() {
        Map<String, Long> sums = new TreeMap<>();
        counts.forEach((kind, adder) -> sums.put(kind.name().toLowerCase(Locale.ROOT), adder.sum()));
        return sums;
    }

    @Override
    public boolean isSingleLeaseEvents() {
        return singleLeaseEvents;
    }

    @Override
    public void setSingleLeaseEvents(boolean on) {
        singleLeaseEvents = on;
    }
}
