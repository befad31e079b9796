package io.dstm.api.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AddressTest {

    @ParameterizedTest
    @ValueSource(
            strings = {"", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "1..3.4", "a.b.c.d", "1.2.3.٤"})
    void refuses_what_is_no_dotted_quad(String text) {
        assertThat(Ipv4Address.tryParse(text)).isEmpty();
    }

    /** RFC 5952 section 4: shortest form, lower case, the longest run of zeros compressed, a single zero group not. */
    @ParameterizedTest
    @CsvSource({
        "2001:0db8:0000:0000:0000:0000:0002:0001, 2001:db8::2:1",
        "2001:db8:0:1:1:1:1:1, 2001:db8:0:1:1:1:1:1",
        "2001:0:0:1:0:0:0:1, 2001:0:0:1::1",
        "2001:db8:0:0:1:0:0:1, 2001:db8::1:0:0:1",
        "2001:DB8::ABCD, 2001:db8::abcd",
        "::, ::",
        "::1, ::1",
        "fe80::, fe80::",
        "1:2:3:4:5:6:7::, 1:2:3:4:5:6:7:0",
        "::ffff:192.0.2.1, ::ffff:192.0.2.1",
        "64:ff9b::192.0.2.33, 64:ff9b::c000:221",
        "1:2:3:4:5:6:192.0.2.1, 1:2:3:4:5:6:c000:201",
    })
    void writes_the_canonical_form(String text, String canonical) {
        assertThat(Ipv6Address.parse(text)).hasToString(canonical);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ":",
                ":::",
                "1::2::3",
                "1:2:3:4:5:6:7",
                "1:2:3:4:5:6:7:8:9",
                "1:2:3:4:5:6:7:8::",
                "12345::",
                "g::",
                "::1%eth0",
                "[::1]",
                "1:2:3:4:5:6:7:192.0.2.1",
                "::192.0.2.256",
                "192.0.2.1",
                "1.2.3.4::",
                " ::1"
            })
    void refuses_what_is_no_ipv6_address(String text) {
        assertThat(Ipv6Address.tryParse(text)).isEmpty();
        assertThatIllegalArgumentException().isThrownBy(() -> Ipv6Address.parse(text));
    }

    @Property
    void reads_back_what_it_writes(@ForAll long high, @ForAll long low) throws UnknownHostException {
        Ipv6Address address = new Ipv6Address(high, low);
        assertThat(Ipv6Address.parse(address.toString())).isEqualTo(address);
        assertThat(Ipv6Address.ofBytes(address.toBytes(), 0)).isEqualTo(address);
        if (address.unmapped().isEmpty()) {
            InetAddress jdk = InetAddress.getByAddress(address.toBytes());
            assertThat(((Inet6Address) jdk).getAddress()).isEqualTo(address.toBytes());
            assertThat(Ipv6Address.parse(jdk.getHostAddress())).isEqualTo(address);
        }
    }

    @Property
    void ipv4_reads_back_what_it_writes(@ForAll int value) {
        Ipv4Address address = new Ipv4Address(value);
        assertThat(Ipv4Address.parse(address.toString())).isEqualTo(address);
        assertThat(Ipv6Address.mapped(address).unmapped()).contains(address);
    }

    @Property
    void total_on_any_text(@ForAll String text) {
        assertThat(Ipv6Address.tryParse(text).map(a -> Ipv6Address.parse(a.toString())))
                .isEqualTo(Ipv6Address.tryParse(text));
        assertThat(Ipv4Address.tryParse(text).map(Ipv4Address::toString).filter(t -> !t.equals(text)))
                .isEmpty();
    }

    @Test
    void knows_its_scope() {
        assertThat(Ipv6Address.parse("fe80::1").isLinkLocal()).isTrue();
        assertThat(Ipv6Address.parse("febf::1").isLinkLocal()).isTrue();
        assertThat(Ipv6Address.parse("fec0::1").isLinkLocal()).isFalse();
        assertThat(Ipv6Address.parse("2001:db8::1").isRoutableUnicast()).isTrue();
        assertThat(Ipv6Address.parse("fd00::1").isRoutableUnicast()).isTrue();
        for (String not : new String[] {"::", "::1", "fe80::1", "ff02::1:2", "::ffff:192.0.2.1"}) {
            assertThat(Ipv6Address.parse(not).isRoutableUnicast()).as(not).isFalse();
        }
        assertThat(Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS).hasToString("ff02::1:2");
        assertThat(Ipv4Address.PLACEHOLDER).hasToString("192.0.0.2");
    }

    /** RFC 7597 appendix A examples 1 and 4, and the worked lw4o6 example. */
    @ParameterizedTest
    @CsvSource({
        "2001:db8:12:3400::/56, 192.0.2.18, 0x34, 8, 2001:db8:12:3400:0:c000:212:34",
        "2001:db8:12:3400::/56, 192.0.2.18, 0, 0, 2001:db8:12:3400:0:c000:212:0",
        "2001:db8:1::/64, 192.0.2.1, 5, 6, 2001:db8:1::c000:201:5",
    })
    void builds_the_tunnel_address_of_rfc_7596(String prefix, String ipv4, String psid, int length, String expected) {
        assertThat(Ipv6Prefix.parse(prefix)
                        .tunnelAddress(Ipv4Address.parse(ipv4), new PortSet(0, length, Integer.decode(psid))))
                .isEqualTo(Ipv6Address.parse(expected));
    }

    @Test
    void a_prefix_beyond_64_bits_overwrites_the_identifier() {
        assertThat(Ipv6Prefix.parse("2001:db8::1:2:3:4/128")
                        .tunnelAddress(Ipv4Address.parse("192.0.2.1"), PortSet.FULL))
                .isEqualTo(Ipv6Address.parse("2001:db8::1:2:3:4"));
    }

    @Test
    void a_range_falls_into_the_fewest_prefixes() {
        assertThat(Ipv4Range.parse("192.0.2.1-192.0.2.6").toPrefixes())
                .extracting(Ipv4Prefix::toString)
                .containsExactly("192.0.2.1/32", "192.0.2.2/31", "192.0.2.4/31", "192.0.2.6/32");
        assertThat(Ipv4Range.parse("0.0.0.0/0").toPrefixes()).containsExactly(Ipv4Prefix.parse("0.0.0.0/0"));
        assertThat(Ipv4Range.parse("255.255.255.255").size()).isEqualTo(1);
    }

    @Property
    void prefixes_of_a_range_are_the_range(@ForAll int a, @ForAll int b) {
        Ipv4Address one = new Ipv4Address(a);
        Ipv4Address other = new Ipv4Address(b);
        Ipv4Range range = one.compareTo(other) <= 0 ? new Ipv4Range(one, other) : new Ipv4Range(other, one);
        long next = range.first().toUnsignedLong();
        for (Ipv4Prefix prefix : range.toPrefixes()) {
            assertThat(prefix.toRange().first().toUnsignedLong()).isEqualTo(next);
            next += prefix.toRange().size();
        }
        assertThat(next).isEqualTo(range.last().toUnsignedLong() + 1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.9-192.0.2.1", "192.0.2"})
    void refuses_what_is_no_range(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Ipv4Range.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"192.0.2.1", "2001:db8:0:0:0:0:0:1"})
    void reads_an_address_of_either_family(String text) {
        assertThat(IpLiteral.parse(text).getHostAddress()).isEqualTo(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "localhost", "192.0.2", "192.0.2.1.example", "::1%lo"})
    void looks_no_name_up(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> IpLiteral.parse(text));
    }
}
