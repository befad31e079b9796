package io.dstm.api.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class LeaseTest {

    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private final Lease offered = new Lease(
            new LeaseKey(Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 5)),
            ClientId.ofDuid(new byte[] {0, 4, (byte) 0xAB}, -1),
            Ipv6Address.parse("2001:db8::11"),
            Ipv6Address.parse("2001:db8::1"),
            "main",
            LeaseState.OFFERED,
            NOON,
            NOON.plusSeconds(30));

    @Test
    void goes_through_its_life_in_order() {
        Lease quarantined = offered.to(LeaseState.PENDING, NOON)
                .to(LeaseState.ACTIVE, NOON.plusSeconds(60))
                .to(LeaseState.ACTIVE, NOON.plusSeconds(120))
                .to(LeaseState.ENDING, NOON.plusSeconds(120))
                .to(LeaseState.QUARANTINED, NOON.plusSeconds(240));
        assertThat(quarantined.until()).isEqualTo(NOON.plusSeconds(240));
        assertThat(quarantined.since()).isEqualTo(NOON);
    }

    @Test
    void skips_no_step() {
        assertThatIllegalStateException().isThrownBy(() -> offered.to(LeaseState.ACTIVE, NOON));
        assertThatIllegalStateException().isThrownBy(() -> offered.to(LeaseState.PENDING, NOON)
                .to(LeaseState.ACTIVE, NOON)
                .to(LeaseState.QUARANTINED, NOON));
    }

    @Test
    void says_who_and_what() {
        assertThat(offered.client()).hasToString("duid:0004ab/4294967295");
        assertThat(offered.key()).hasToString("192.0.2.1:5120-6143");
        assertThat(new LeaseKey(offered.address(), PortSet.FULL)).hasToString("192.0.2.1");
    }

    @Test
    void refuses_identities_without_a_scheme() {
        for (String wrong : new String[] {"", "duid", "duid:", ":1", "x:" + "1".repeat(300)}) {
            assertThatIllegalArgumentException().isThrownBy(() -> new ClientId(wrong, 0));
        }
    }
}
