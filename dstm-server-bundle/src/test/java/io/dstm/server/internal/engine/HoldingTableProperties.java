package io.dstm.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.server.internal.client.ClientKey;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class HoldingTableProperties {

    @Property(tries = 300)
    void is_a_map(@ForAll @Size(max = 600) List<@IntRange(max = 999) Integer> script) {
        HoldingTable.ByCode byCode = new HoldingTable.ByCode();
        HoldingTable.ByClient byClient = new HoldingTable.ByClient();
        Map<Integer, Holding> plain = new HashMap<>();
        for (int step : script) {
            int number = step % 100;
            Holding holding = holding(number, step);
            if (step >= 600) {
                byCode.remove(holding);
                byClient.remove(holding);
                plain.remove(number);
            } else {
                byCode.put(holding);
                byClient.put(holding);
                plain.put(number, holding);
            }
            assertThat(byCode.size()).isEqualTo(plain.size());
        }
        for (int number = 0; number < 100; number++) {
            assertThat(byCode.get(number)).isSameAs(plain.get(number));
            assertThat(byClient.get(client(number))).isSameAs(plain.get(number));
        }
        Set<Holding> seen = new HashSet<>();
        byCode.forEach(holding -> assertThat(seen.add(holding)).isTrue());
        assertThat(seen).isEqualTo(new HashSet<>(plain.values()));
    }

    @Test
    void shows_a_reader_everything_that_stays_while_a_writer_works() throws InterruptedException {
        HoldingTable.ByCode table = new HoldingTable.ByCode();
        int lasting = 5_000;
        for (int i = 0; i < lasting; i++) {
            table.put(holding(i, 0));
        }
        AtomicBoolean stop = new AtomicBoolean();
        AtomicReference<String> missing = new AtomicReference<>();
        Thread reader = new Thread(() -> {
            while (!stop.get()) {
                Set<Long> seen = new HashSet<>();
                table.forEach(holding -> {
                    if (holding.code < lasting && !seen.add(holding.code)) {
                        missing.set(holding.code + " was shown twice");
                    }
                });
                if (seen.size() != lasting) {
                    missing.set("only " + seen.size() + " were shown");
                }
                for (int i = 0; i < lasting; i += 100) {
                    if (table.get(i) == null) {
                        missing.set(i + " was not found");
                    }
                }
            }
        });
        reader.start();
        for (int round = 0; round < 40; round++) {
            for (int i = 0; i < 5_000; i++) {
                table.put(holding(lasting + i, round));
                table.put(holding(i, round));
            }
            for (int i = 0; i < 5_000; i++) {
                table.remove(holding(lasting + i, round));
            }
        }
        stop.set(true);
        reader.join();
        assertThat(missing.get()).isNull();
        assertThat(table.size()).isEqualTo(lasting);
    }

    private static ClientKey client(int number) {
        return ClientKey.of(new ClientId("test:" + number, 0));
    }

    private static Holding holding(int number, int since) {
        return new Holding(
                number,
                client(number),
                Ipv6Address.UNSPECIFIED,
                Ipv6Address.UNSPECIFIED,
                "p",
                LeaseState.ACTIVE,
                since,
                since);
    }
}
