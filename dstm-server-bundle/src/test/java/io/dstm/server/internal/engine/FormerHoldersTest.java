package io.dstm.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FormerHoldersTest {

    private final List<Long> forgotten = new ArrayList<>();
    private final FormerHolders holders = new FormerHolders(forgotten::add);

    FormerHoldersTest() {
        holders.configure(Duration.ofSeconds(100), 3);
    }

    private static Holding rested(int client, long code, long until) {
        Ipv6Address source = World.source(client);
        return new Holding(
                code, ClientKey.of(World.client(client)), source, source, "p", LeaseState.QUARANTINED, 0, until);
    }

    private long codeOf(int client) {
        return holders.codeOf(ClientKey.of(World.client(client)));
    }

    @Test
    void beyond_the_number_the_first_is_forgotten_for_good() {
        for (int i = 1; i <= 5; i++) {
            holders.remember(rested(i, 10 + i, i), 5);
        }
        assertThat(forgotten).containsExactly(11L, 12L);
        assertThat(holders.size()).isEqualTo(3);
        assertThat(codeOf(1)).isEqualTo(-1);
        assertThat(codeOf(5)).isEqualTo(15);
    }

    @Test
    void what_the_store_shows_in_any_order_is_forgotten_in_that_of_its_ends() {
        holders.remember(rested(1, 11, 30), 40);
        holders.remember(rested(2, 12, 10), 40);
        holders.remember(rested(3, 13, 20), 40);
        holders.order();
        assertThat(holders.size()).isEqualTo(3);
        holders.expire(119, 9);
        assertThat(forgotten).containsExactly(12L);
        holders.expire(130, 1);
        assertThat(forgotten).containsExactly(12L, 13L);
        holders.expire(130, 9);
        assertThat(forgotten).containsExactly(12L, 13L, 11L);
        assertThat(holders.size()).isZero();
    }

    @Test
    void a_client_has_one_address_and_an_address_one_client() {
        holders.remember(rested(1, 11, 10), 10);
        holders.remember(rested(1, 12, 20), 20);
        assertThat(forgotten).containsExactly(11L);
        holders.remember(rested(2, 12, 30), 30);
        assertThat(codeOf(1)).isEqualTo(-1);
        assertThat(codeOf(2)).isEqualTo(12);
        holders.lent(99);
        holders.lent(12);
        assertThat(holders.size()).isZero();
        assertThat(forgotten).as("its record is another's").containsExactly(11L);
    }

    @Test
    void prefixes_are_told_apart_to_the_last_bit() {
        for (int length : new int[] {16, 56, 63, 64, 65, 100, 127, 128}) {
            Usage usage = new Usage(new Usage.Shape(false, true, length));
            Ipv6Address one = Ipv6Address.parse("2001:db8:aaaa:aaaa:aaaa:aaaa:aaaa:aaaa");
            for (int bit = 0; bit < 128; bit++) {
                Ipv6Address other = bit < 64
                        ? new Ipv6Address(one.high() ^ 1L << 63 - bit, one.low())
                        : new Ipv6Address(one.high(), one.low() ^ 1L << 127 - bit);
                assertThat(usage.samePrefix(one, other)).isEqualTo(bit >= length);
            }
        }
    }
}
