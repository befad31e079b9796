package io.dstm.dhcpv6.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LeaseReaderTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:2::10");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");
    private static final LeaseKey HELD = new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL);

    private static Verdict read(Option... options) {
        return LeaseReader.read(new Message.Direct(MessageType.REPLY, 1, Options.of(options)), 1, HELD, NODE, NOW);
    }

    private static IaDstm ia(long t1, long t2, Option... content) {
        return new IaDstm(1, t1, t2, Options.of(content));
    }

    private static Option.IaAddress address(String ipv4, long preferred, long valid) {
        return new Option.IaAddress(Ipv6Address.mapped(Ipv4Address.parse(ipv4)), preferred, valid, Options.NONE);
    }

    private static Option tep() {
        return new Option.DstmTep(TEP);
    }

    private static ClientLease lease(Verdict verdict) {
        assertThat(verdict).isInstanceOf(Verdict.Lent.class);
        return ((Verdict.Lent) verdict).lease();
    }

    private static Option status(Status status, String text) {
        return new Option.StatusCode(status, text);
    }

    @Test
    void lease_of_a_full_address() {
        assertThat(lease(read(ia(1800, 2880, address("192.0.2.1", 3600, 3600), tep()))))
                .isEqualTo(new ClientLease(
                        HELD,
                        NODE,
                        TEP,
                        NOW,
                        Duration.ofSeconds(1800),
                        Duration.ofSeconds(2880),
                        Duration.ofSeconds(3600)));
    }

    @Test
    void lease_of_a_port_set() {
        ClientLease lease = lease(read(
                ia(0, 0, address("192.0.2.1", 3600, 3600), tep(), new Option.DstmPorts(new PortRange(5120, 6143)))));

        assertThat(lease.key().ports()).isEqualTo(new PortSet(0, 6, 5));
    }

    /** RFC 8415 sections 14.2 and 21.4; the draft's meaning of 0, not to renew, is not ours. */
    @ParameterizedTest
    @CsvSource({
        "0    , 0    , 3600 , 3600 , 1800 , 2880",
        "0    , 0    , 1000 , 3600 , 500  , 800",
        "0    , 600  , 3600 , 3600 , 600  , 600",
        "3000 , 0    , 3600 , 3600 , 3000 , 3000",
        "600  , 0    , 3600 , 3600 , 600  , 2880",
        "3600 , 3600 , 3600 , 3600 , 3600 , 3600",
        "5000 , 9000 , 3600 , 3600 , 3600 , 3600",
        "1800 , 9000 , 3600 , 3600 , 1800 , 3600"
    })
    void times_left_to_the_client(long t1, long t2, long preferred, long valid, long renew, long rebind) {
        ClientLease lease = lease(read(ia(t1, t2, address("192.0.2.1", preferred, valid), tep())));

        assertThat(lease.renewAfter()).isEqualTo(Duration.ofSeconds(renew));
        assertThat(lease.rebindAfter()).isEqualTo(Duration.ofSeconds(rebind));
        assertThat(lease.valid()).isEqualTo(Duration.ofSeconds(valid));
        assertThat(lease.renewable()).isEqualTo(renew < valid);
    }

    @Test
    void lease_without_end() {
        ClientLease lease = lease(read(
                ia(Option.INFINITY, Option.INFINITY, address("192.0.2.1", Option.INFINITY, Option.INFINITY), tep())));

        assertThat(lease.valid()).isEqualTo(Duration.ofSeconds(0xFFFFFFFFL));
        assertThat(lease.expires()).isAfter(NOW.plus(Duration.ofDays(36500)));
    }

    @Test
    void the_held_address_is_found_among_others() {
        assertThat(lease(read(ia(0, 0, address("192.0.2.9", 60, 60), address("192.0.2.1", 3600, 3600), tep())))
                        .key())
                .isEqualTo(HELD);
    }

    @Test
    void another_address_in_place_of_the_held_one() {
        assertThat(lease(read(ia(0, 0, address("192.0.2.9", 60, 60), tep()))).key())
                .hasToString("192.0.2.9");
    }

    @Test
    void address_withdrawn() {
        assertThat(read(ia(0, 0, address("192.0.2.1", 0, 0), tep())))
                .isEqualTo(new Verdict.Refused(Status.NO_BINDING, "the server withdrew the address"));
    }

    @Test
    void address_left_out() {
        assertThat(read(ia(0, 0, tep())))
                .isEqualTo(new Verdict.Refused(Status.SUCCESS, "the server left the address out"));
    }

    @ParameterizedTest
    @CsvSource({"1, Later", "2, Refused", "3, Refused", "4, Refused", "5, Later", "99, Later"})
    void status_in_the_association_or_above_it(int code, String verdict) {
        Verdict inside = read(ia(0, 0, status(new Status(code), "why")));
        Verdict above = read(status(new Status(code), "why"));

        assertThat(inside.getClass().getSimpleName()).isEqualTo(verdict);
        assertThat(above).isEqualTo(inside);
        assertThat(inside.toString()).contains("why");
    }

    @Test
    void nothing_that_can_be_used() {
        Option good = address("192.0.2.1", 60, 60);
        for (Verdict verdict : Arrays.asList(
                read(),
                read(new IaDstm(2, 0, 0, Options.of(good, tep()))),
                read(ia(100, 50, good, tep())),
                read(ia(0, 0, good)),
                read(ia(0, 0, good, new Option.DstmTep(Ipv6Address.parse("ff02::1")))),
                read(ia(0, 0, good, tep(), new Option.DstmPorts(new PortRange(1000, 1999)))))) {
            assertThat(verdict).isInstanceOf(Verdict.Nothing.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0", "0.1.2.3", "127.0.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"})
    void address_that_nobody_can_have(String address) {
        assertThat(read(ia(0, 0, address(address, 60, 60), tep()))).isInstanceOf(Verdict.Nothing.class);
    }

    @Test
    void preferred_beyond_valid_is_discarded() {
        assertThat(read(ia(0, 0, address("192.0.2.1", 61, 60), tep()))).isInstanceOf(Verdict.Refused.class);
    }

    @Test
    void text_of_a_server_is_one_short_line() {
        assertThat(LeaseReader.clean("a\r\nERROR forged\u001b[31m\u0000")).isEqualTo("a  ERROR forged [31m");
        assertThat(LeaseReader.clean("x".repeat(5000))).hasSize(200);
    }
}
