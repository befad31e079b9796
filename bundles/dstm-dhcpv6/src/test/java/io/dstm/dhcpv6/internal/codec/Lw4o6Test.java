package io.dstm.dhcpv6.internal.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Option.S46Br;
import io.dstm.dhcpv6.internal.codec.Option.S46ContLw;
import io.dstm.dhcpv6.internal.codec.Option.S46PortParams;
import io.dstm.dhcpv6.internal.codec.Option.S46V4V6Bind;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class Lw4o6Test {

    private static final Ipv4Address ADDRESS = Ipv4Address.parse("192.0.2.1");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");
    private static final Ipv6Prefix PREFIX = Ipv6Prefix.parse("2001:db8:1::/64");
    private static final PortSet PORTS = new PortSet(0, 6, 5);
    private static final LeaseKey KEY = new LeaseKey(ADDRESS, PORTS);
    private static final S46V4V6Bind BIND = new S46V4V6Bind(ADDRESS, PREFIX, Options.of(new S46PortParams(PORTS)));

    @Test
    void tunnel_address_made_from_a_prefix_shows_that_prefix() {
        Ipv6Address tunnelSource = Ipv6Address.parse("2001:db8:1::c000:201:5");

        S46ContLw container = Lw4o6.container(KEY, tunnelSource, TEP);

        assertThat(container).isEqualTo(new S46ContLw(Options.of(new S46Br(TEP), BIND)));
        assertThat(Lw4o6.read(container)).contains(new Lw4o6.Softwire(KEY, PREFIX, List.of(TEP)));
    }

    @Test
    void tunnel_address_of_the_clients_own_choice_is_shown_whole() {
        Ipv6Address tunnelSource = Ipv6Address.parse("2001:db8:2::10");

        Ipv6Prefix prefix = Lw4o6.bindPrefix(KEY, tunnelSource);

        assertThat(prefix).isEqualTo(Ipv6Prefix.parse("2001:db8:2::10/128"));
        assertThat(prefix.tunnelAddress(ADDRESS, PORTS)).isEqualTo(tunnelSource);
    }

    @Test
    void full_address_has_no_port_parameters() {
        LeaseKey full = new LeaseKey(ADDRESS, PortSet.FULL);

        S46ContLw container = Lw4o6.container(full, Ipv6Address.parse("2001:db8:1::c000:201:0"), TEP);

        assertThat(container)
                .isEqualTo(new S46ContLw(Options.of(new S46Br(TEP), new S46V4V6Bind(ADDRESS, PREFIX, Options.NONE))));
        assertThat(Lw4o6.read(container).orElseThrow().key()).isEqualTo(full);
    }

    @Test
    void psid_of_length_zero_is_a_full_address() {
        S46V4V6Bind bind = new S46V4V6Bind(ADDRESS, PREFIX, Options.of(new S46PortParams(new PortSet(6, 0, 0))));

        assertThat(Lw4o6.read(new S46ContLw(Options.of(bind, new S46Br(TEP))))
                        .orElseThrow()
                        .key()
                        .ports())
                .isEqualTo(PortSet.FULL);
    }

    @Test
    void container_without_tep() {
        assertThat(Lw4o6.read(new S46ContLw(Options.of(BIND)))).isEmpty();
    }

    @Test
    void container_without_binding_or_with_two() {
        assertThat(Lw4o6.read(new S46ContLw(Options.of(new S46Br(TEP))))).isEmpty();
        assertThat(Lw4o6.read(new S46ContLw(Options.of(BIND, BIND, new S46Br(TEP)))))
                .isEmpty();
    }

    @Test
    void port_parameters_outside_their_binding() {
        assertThat(Lw4o6.read(new S46ContLw(Options.of(BIND, new S46Br(TEP), new S46PortParams(PORTS)))))
                .isEmpty();
    }

    @Test
    void two_port_parameters_in_one_binding() {
        S46V4V6Bind bind = new S46V4V6Bind(
                ADDRESS, PREFIX, Options.of(new S46PortParams(PORTS), new S46PortParams(new PortSet(0, 6, 6))));

        assertThat(Lw4o6.read(new S46ContLw(Options.of(bind, new S46Br(TEP))))).isEmpty();
    }

    /** What kea-dhcp6 2.2.0 of Debian 12 answered on 2026-11-21 with 192.0.2.200, 2001:db8:b::/64, "0, 5/6" and 2001:db8:a::99. */
    @Test
    void is_octet_for_octet_what_kea_makes_of_the_same_data() {
        LeaseKey key = new LeaseKey(Ipv4Address.parse("192.0.2.200"), new PortSet(0, 6, 5));
        S46ContLw ours = Lw4o6.container(
                key,
                Ipv6Prefix.parse("2001:db8:b::/64").tunnelAddress(key.address(), key.ports()),
                Ipv6Address.parse("2001:db8:a::99"));

        byte[] message =
                new MessageCodec(DstmCodes.DEFAULT).encode(new Message.Direct(MessageType.REPLY, 0, Options.of(ours)));

        assertThat(HexFormat.of().formatHex(message))
                .isEqualTo("07000000"
                        + "0060002d"
                        + "005a0010" + "20010db8000a00000000000000000099"
                        + "005c0015" + "c00002c8" + "40" + "20010db8000b0000"
                        + "005d0004" + "00" + "06" + "1400");
    }
}
