package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.dhcpv6.internal.testing.Wire;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RehearsalTest {

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void goes_through_to_a_lease(boolean rapidCommit) {
        assertThat(Rehearsal.play(
                        Wire.settings(rapidCommit), Wire.CLIENT_DUID, new Link("eth0", 2, Wire.NODE), new Random(1)))
                .isTrue();
    }
}
