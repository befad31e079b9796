package io.dstm.tep.internal.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import org.junit.jupiter.api.Test;

class LongRunTest {

    /** The {@link Rig} objects to anything else; here it only remains to see that the packets got about. */
    @Test
    void two_hundred_thousand_mutated_packets_leave_well_formed_or_not_at_all() {
        LongRun.Result result = LongRun.run(
                200_000, 20261121, Long.MAX_VALUE, OutputStream.nullOutputStream(), OutputStream.nullOutputStream());

        assertThat(result.passed()).isGreaterThan(10_000);
        assertThat(result.made()).isGreaterThan(1_000);
        assertThat(result.outcomes()).isGreaterThan(20);
        assertThat(result.heapGrowth()).isLessThan(8 << 20);
        // Tests before this one may have left buffers to the collector, which then shrinks the sum.
        assertThat(result.directGrowth()).isNotPositive();
    }
}
