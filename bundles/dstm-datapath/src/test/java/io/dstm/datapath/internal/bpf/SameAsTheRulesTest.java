package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Packets that are nearly right, under many configurations, through programs in the kernel and through the rules they must agree with.
 * {@code bench/differential} does the same ten million times.
 */
@Timeout(120)
class SameAsTheRulesTest {

    private static final int PACKETS = 20_000;
    private static final int EACH = 1000;
    private static final long SEED = 20_261_121;

    private static void agree(Differential program) throws Exception {
        try (program) {
            Differential.Result result = program.run(PACKETS, EACH, SEED);
            assertThat(result.packets()).isEqualTo(PACKETS);
            assertThat(result.forwarded().decapsulated()).as("decapsulated").isGreaterThan(PACKETS / 50);
            assertThat(result.forwarded().encapsulated()).as("encapsulated").isGreaterThan(PACKETS / 50);
        }
    }

    @Test
    void what_the_driver_forwards_the_rules_forward_the_same() throws Exception {
        agree(new TepDifferential(Tried.DRIVER));
    }

    @Test
    void what_the_driver_judges_in_two_steps_the_rules_judge_the_same() throws Exception {
        agree(new TepDifferential(Tried.TWO_STEPS));
    }

    @Test
    void what_is_forwarded_before_the_stack_the_rules_forward_the_same() throws Exception {
        agree(new TepDifferential(Tried.TC));
    }

    @Test
    void what_a_node_carries_its_rules_carry_the_same() throws Exception {
        agree(new NodeDifferential());
    }
}
