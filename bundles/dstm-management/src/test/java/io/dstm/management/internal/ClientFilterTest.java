package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientFilterTest {

    private static final List<Lease> LEASES = List.of(
            lease("duid:00010001aabbccdd0200000000a1", 12, "2001:db8:2::a"),
            lease("duid:0003000102000000000b", -1, "2001:db8:2::12"),
            lease("mac:02-00-5E-00-00-01", 7, "2001:db8:12:34:5678:9abc:def0:1"),
            lease("declined:duid:0003000102000000000c", 0, "2001:db8::"),
            lease("duid:00030001020000000f0f", 3, "::ffff:192.0.2.12"));

    private static Lease lease(String identity, int number, String source) {
        return new Lease(
                new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL),
                new ClientId(identity, number),
                Ipv6Address.parse(source),
                Ipv6Address.parse("2001:db8:1::1"),
                "main",
                LeaseState.ACTIVE,
                Instant.EPOCH,
                Instant.EPOCH);
    }

    /** What it means, without regard for time. */
    private static boolean has(Lease lease, String part) {
        String lower = part.toLowerCase(Locale.ROOT);
        return lease.client().toString().toLowerCase(Locale.ROOT).contains(lower)
                || lease.tunnelSource().toString().contains(lower);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "duid",
                "DUID:0003",
                "aabbccdd",
                "a1/12",
                "/1",
                "/",
                "12",
                "1",
                "4294967295",
                "42",
                "2001:db8:2::1",
                "2001:db8:2::12",
                "2001:db8:2::",
                "5e",
                "5E-00",
                "mac:02",
                "declined",
                "0c",
                "0c/0",
                ":34:",
                "9abc",
                "nobody",
                "g",
                "é",
                ":",
                "::",
                "db8::",
                "0",
                "00",
                ":0",
                "01:db8",
                "2.12",
                "ffff:1",
                "12345",
                "8:9",
                ":1",
                "def0:1"
            })
    void finds_whoever_has_the_part_in_identity_or_address(String part) {
        ClientFilter filter = ClientFilter.of(new Query(part, null, 0, 10));
        assertThat(LEASES.stream().filter(filter::matches))
                .containsExactlyElementsOf(
                        LEASES.stream().filter(lease -> has(lease, part)).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"2001:DB8:2:0::A", "2001:db8:2:0:0:0:0:a"})
    void an_address_may_be_written_in_any_way(String address) {
        ClientFilter filter = ClientFilter.of(new Query(address, null, 0, 10));
        assertThat(LEASES.stream().filter(filter::matches)).containsExactly(LEASES.get(0));
    }
}
