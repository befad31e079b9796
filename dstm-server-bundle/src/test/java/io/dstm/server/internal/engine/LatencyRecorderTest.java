package io.dstm.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LatencyHistogram;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LatencyRecorderTest {

    @Test
    void a_time_falls_into_the_first_range_that_has_it() {
        LatencyRecorder recorder = new LatencyRecorder();
        recorder.record(-1);
        recorder.record(TimeUnit.MICROSECONDS.toNanos(250));
        recorder.record(TimeUnit.MICROSECONDS.toNanos(251));
        recorder.record(TimeUnit.MILLISECONDS.toNanos(1_000));
        recorder.record(TimeUnit.MILLISECONDS.toNanos(1_001));

        LatencyHistogram histogram = recorder.histogram();
        assertThat(histogram.counts()).containsExactly(2L, 1L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 0L, 1L, 1L);
        assertThat(histogram.count()).isEqualTo(5);
        assertThat(histogram.sumMicros()).isEqualTo(250 + 251 + 1_000_000 + 1_001_000);
    }
}
