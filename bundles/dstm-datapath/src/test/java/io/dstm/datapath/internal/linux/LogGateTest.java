package io.dstm.datapath.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LogGateTest {

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 10);
    private final LogGate gate = new LogGate(clock::get);

    @Test
    void the_first_event_passes_at_once() {
        assertThat(gate.pass()).isEqualTo(1);
    }

    @Test
    void within_a_minute_events_are_counted_and_the_next_line_tells_how_many() {
        gate.pass();
        clock.addAndGet(TimeUnit.SECONDS.toNanos(59));
        assertThat(gate.pass()).isZero();
        assertThat(gate.pass()).isZero();
        clock.addAndGet(TimeUnit.SECONDS.toNanos(1));
        assertThat(gate.pass()).isEqualTo(3);
        assertThat(gate.pass()).isZero();
    }
}
