package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.PoolEvent;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.PortSet;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.management.Notification;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What JMX clients hear without asking. */
class EventsTest {

    private static final Lease LEASE = FakeNode.lease("192.0.2.1", PortSet.FULL, "0001aa", "2001:db8::a");

    private final Events events = new Events();
    private final List<Notification> heard = new ArrayList<>();

    @BeforeEach
    void listen() {
        events.bean().addNotificationListener((notification, handback) -> heard.add(notification), null, null);
    }

    private List<String> types() {
        return heard.stream().map(Notification::getType).toList();
    }

    @Test
    void a_storm_of_leases_is_one_notification_a_second() {
        for (int i = 0; i < 50_000; i++) {
            events.onEvent(new LeaseEvent(LeaseEvent.Kind.RENEWED, LEASE));
        }
        events.onEvent(new LeaseEvent(LeaseEvent.Kind.ALLOCATED, LEASE));
        assertThat(heard).isEmpty();
        events.tick(List.of());
        events.tick(List.of());
        assertThat(types()).containsExactly("dstm.leases");
        assertThat(heard.get(0).getUserData()).isEqualTo(Map.of("renewed", "50000", "allocated", "1"));
        assertThat(events.getLeaseEvents()).containsEntry("renewed", 50_000L).containsEntry("freed", 0L);
    }

    @Test
    void single_leases_are_told_on_wish_and_not_without_bound() {
        events.setSingleLeaseEvents(true);
        for (int i = 0; i < 3 * Events.MOST_SINGLE; i++) {
            events.onEvent(new LeaseEvent(LeaseEvent.Kind.ALLOCATED, LEASE));
        }
        assertThat(types()).hasSize(Events.MOST_SINGLE).containsOnly("dstm.lease");
        assertThat(heard.get(0).getUserData())
                .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.map(String.class, String.class))
                .containsEntry("client", "duid:0001aa/1")
                .containsEntry("kind", "ALLOCATED");
        events.tick(List.of());
        heard.clear();
        events.onEvent(new LeaseEvent(LeaseEvent.Kind.EXPIRED, LEASE));
        assertThat(types()).containsExactly("dstm.lease");
        assertThat(events.isSingleLeaseEvents()).isTrue();
    }

    @Test
    void thresholds_and_teps_that_are_lost_are_told_once() {
        events.onPool(new PoolEvent(
                PoolEvent.Kind.EXHAUSTED,
                new PoolStatus("main", List.of(Ipv4Range.parse("192.0.2.0/24")), 0, 0, "tep", 254, 254, 0, 0, 0)));
        events.tick(List.of(FakeNode.tep("tep", List.of())));
        events.tick(List.of(FakeNode.tep("tep", List.of())));
        events.tick(List.of());
        events.tick(List.of());
        assertThat(types()).containsExactly("dstm.pool.exhausted", "dstm.tep.forwarding", "dstm.tep.lost");
        assertThat(heard).extracting(Notification::getSequenceNumber).containsExactly(1L, 2L, 3L);
    }
}
