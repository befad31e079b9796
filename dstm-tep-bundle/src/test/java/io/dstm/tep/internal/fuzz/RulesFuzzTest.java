package io.dstm.tep.internal.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;

/**
 * Jazzer's way into the rules: a test run judges the corpus, which is made of the softwire cases; with {@code JAZZER_FUZZ=1} it looks
 * for packets that get somewhere new, until it finds one that the {@link Rig} objects to.
 */
class RulesFuzzTest {

    @FuzzTest(maxDuration = "5m")
    void nothing_gets_through_unjudged(byte[] row) {
        try (Rig rig = new Rig((packet, ipv6) -> {})) {
            Seeds.parse(row).forEach(seed -> rig.judge(seed.packet(), seed.fromTunnel()));
            rig.checkVerdicts();
        }
    }
}
