package io.dstm.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SourceIndexProperties {

    private static final int CODES = 8;
    private static final int SOURCES = 4;

    @Property(tries = 500)
    void knows_what_a_look_at_every_lease_would_say(
            @ForAll @Size(max = 200) List<@IntRange(max = 4095) Integer> script) {
        Map<Long, Holding> all = new HashMap<>();
        SourceIndex index = new SourceIndex(all::get);
        for (int step : script) {
            long code = step % CODES;
            int source = step / CODES % SOURCES;
            int client = step / CODES / SOURCES % 4;
            Holding before = all.get(code);
            Holding after =
                    switch (step / CODES / SOURCES / 4 % 4) {
                        case 0 -> null;
                        case 1 -> holding(code, client, source, LeaseState.QUARANTINED);
                        default -> holding(code, client, source, LeaseState.ACTIVE);
                    };
            if (after == null) {
                all.remove(code);
            } else {
                all.put(code, after);
            }
            index.changed(before, after);
            for (int i = 0; i < SOURCES; i++) {
                for (int who = 0; who < 4; who++) {
                    assertThat(index.isTaken(source(i), client(who)))
                            .as("source %s and client %s after %s", i, who, script)
                            .isEqualTo(taken(all, source(i), client(who)));
                }
            }
        }
    }

    private static boolean taken(Map<Long, Holding> all, Ipv6Address source, ClientKey client) {
        return all.values().stream()
                .anyMatch(holding -> holding.state == LeaseState.ACTIVE
                        && holding.hasSource(source)
                        && !holding.client.equals(client));
    }

    @Test
    void a_hundred_thousand_leases_behind_one_address_come_and_go_as_fast_as_others() {
        Map<Long, Holding> all = new HashMap<>();
        int[] looks = {0};
        SourceIndex index = new SourceIndex(code -> {
            looks[0]++;
            return all.get(code);
        });
        int many = 100_000;
        for (int i = 0; i < many; i++) {
            Holding holding = holding(i, i, 1, LeaseState.ACTIVE);
            all.put((long) i, holding);
            index.changed(null, holding);
        }
        assertThat(index.isTaken(source(1), client(-1))).isTrue();
        assertThat(index.isTaken(source(1), client(0))).isTrue();
        assertThat(index.isTaken(source(2), client(0))).isFalse();
        for (int i = 0; i < many; i++) {
            Holding holding = all.remove((long) i);
            index.changed(holding, null);
        }
        assertThat(index.isTaken(source(1), client(-1))).isFalse();
        assertThat(looks[0]).as("looks at single leases").isLessThan(2 * many);
    }

    private static Ipv6Address source(int number) {
        return new Ipv6Address(0x20010DB8_00000000L, number);
    }

    private static ClientKey client(int number) {
        return ClientKey.of(new ClientId("test:" + number, 0));
    }

    private static Holding holding(long code, int client, int source, LeaseState state) {
        return new Holding(code, client(client), source(source), Ipv6Address.UNSPECIFIED, "p", state, 0, 1);
    }
}
