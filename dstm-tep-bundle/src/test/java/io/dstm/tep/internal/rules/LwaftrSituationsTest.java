package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.inner;
import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What lwAFTRs are usually tried with, packets in and packets out, beside the cases that are files: own data, and the answers that
 * RFC 7596, 2473 and 5508 give.
 */
class LwaftrSituationsTest {

    private static final String TEP = "2001:db8::1";
    private static final String OTHER_TEP = "2001:db8::2";
    /** Holds all of 192.0.2.1. */
    private static final String FULL = "2001:db8:f::1";
    /** Holds ports 5120 to 6143 of 192.0.2.9. */
    private static final String FIRST = "2001:db8:a::1";
    /** Holds ports 6144 to 7167 of 192.0.2.9, at the other tunnel address. */
    private static final String SECOND = "2001:db8:b::1";
    /** Holds the ports of PSID 0x34 of 192.0.2.8 with an offset of 6 bits (RFC 7597 appendix B). */
    private static final String SCATTERED = "2001:db8:c::1";

    private static final String WORLD = "198.51.100.5";
    private static final String ROUTER = "2001:db8:99::1";

    private static Wire wire(Consumer<Wire.Settings> change) {
        Wire.Settings settings = new Wire.Settings();
        change.accept(settings);
        return new Wire(settings)
                .bind(
                        binding("192.0.2.1", FULL),
                        binding("192.0.2.9", new PortSet(0, 6, 5), FIRST),
                        new Binding(
                                new LeaseKey(Ipv4Address.parse("192.0.2.9"), new PortSet(0, 6, 6)),
                                Ipv6Address.parse(SECOND),
                                Ipv6Address.parse(OTHER_TEP),
                                Wire.LATER),
                        binding("192.0.2.8", new PortSet(6, 8, 0x34), SCATTERED));
    }

    private static Wire wire() {
        return wire(settings -> {});
    }

    /** What comes in on one side or the other. */
    private record In(boolean fromTunnel, byte[] packet) {}

    private static In up(String client, String tunnel, Packets.Ipv4 packet) {
        return new In(true, ipv6(client, tunnel).carrying(packet).bytes());
    }

    private static In up(String client, Packets.Ipv4 packet) {
        return up(client, TEP, packet);
    }

    private static In down(Packets.Ipv4 packet) {
        return new In(false, packet.bytes());
    }

    private static byte[] tunnelled(String tunnel, String client, Packets.Ipv4 packet) {
        return ipv6(tunnel, client).carrying(packet).bytes();
    }

    private static Packets.Ipv4 fromTep(String to, int type, int code, int rest, byte[] quoted) {
        return ipv4("192.0.0.1", to).icmpError(type, code, rest, quoted);
    }

    private static final Consumer<Wire.Settings> USUAL = settings -> {};
    private static final Consumer<Wire.Settings> NO_ERRORS = settings -> {
        settings.icmpv4Errors = false;
        settings.icmpv6Errors = false;
    };
    private static final Consumer<Wire.Settings> NO_INCOMING_ICMP = settings -> {
        settings.incomingIcmpv4 = false;
        settings.incomingIcmpv6 = false;
    };
    private static final Consumer<Wire.Settings> OUTSIDE = settings -> settings.hairpin = Hairpinning.OUTSIDE;

    private static final List<byte[]> NOTHING = List.of();

    private static Arguments situation(
            String what, Consumer<Wire.Settings> policy, In in, List<byte[]> toIpv4, List<byte[]> toTunnel) {
        return Arguments.of(what, policy, in, toIpv4, toTunnel);
    }

    static Stream<Arguments> situations() {
        Packets.Ipv4 toNobody = ipv4("192.0.2.9", "192.0.2.9").udp(5120, 80, 20);
        byte[] request = ipv4(WORLD, "192.0.2.9").udp(53, 5120, 20).bytes();
        byte[] hairpinned =
                ipv4("192.0.2.1", "192.0.2.9").dontFragment().udp(80, 6144, 20).bytes();
        byte[] hairpinnedPacket =
                ipv6(OTHER_TEP, SECOND).payload(IpProtocol.IPV4, hairpinned).bytes();
        byte[] requestPacket =
                ipv6(TEP, FIRST).payload(IpProtocol.IPV4, request).bytes();
        byte[] echo = ipv4("192.0.2.9", WORLD).echo(8, 5121).bytes();
        return Stream.of(
                situation(
                        "a scattered port set: the first port of its second block",
                        USUAL,
                        down(ipv4(WORLD, "192.0.2.8").tcp(80, 0x04D0 + 0x400, 10)),
                        NOTHING,
                        List.of(tunnelled(
                                TEP, SCATTERED, ipv4(WORLD, "192.0.2.8").ttl(63).tcp(80, 0x04D0 + 0x400, 10)))),
                situation(
                        "the port behind its block",
                        NO_ERRORS,
                        down(ipv4(WORLD, "192.0.2.8").tcp(80, 0x04D4, 10)),
                        NOTHING,
                        NOTHING),
                situation(
                        "to a client at another tunnel address",
                        USUAL,
                        down(ipv4(WORLD, "192.0.2.9").udp(53, 6144, 10)),
                        NOTHING,
                        List.of(tunnelled(
                                OTHER_TEP,
                                SECOND,
                                ipv4(WORLD, "192.0.2.9").ttl(63).udp(53, 6144, 10)))),
                situation(
                        "between tunnel addresses",
                        USUAL,
                        up(SECOND, OTHER_TEP, ipv4("192.0.2.9", "192.0.2.9").tcp(6144, 5120, 10)),
                        NOTHING,
                        List.of(tunnelled(
                                TEP,
                                FIRST,
                                ipv4("192.0.2.9", "192.0.2.9").ttl(63).tcp(6144, 5120, 10)))),
                situation(
                        "from a client by a tunnel address that is not its own",
                        NO_ERRORS,
                        up(SECOND, TEP, ipv4("192.0.2.9", WORLD).tcp(6144, 80, 10)),
                        NOTHING,
                        NOTHING),
                situation(
                        "between clients, without hairpinning: the TTL is the outside router's",
                        OUTSIDE,
                        up(FIRST, ipv4("192.0.2.9", "192.0.2.1").tcp(5120, 80, 10)),
                        List.of(ipv4("192.0.2.9", "192.0.2.1").tcp(5120, 80, 10).bytes()),
                        NOTHING),
                situation(
                        "from client to a port that nobody holds: told through its tunnel",
                        USUAL,
                        up(FIRST, toNobody),
                        NOTHING,
                        List.of(tunnelled(TEP, FIRST, fromTep("192.0.2.9", 3, 1, 0, toNobody.bytes())))),
                situation("the same, silently", NO_ERRORS, up(FIRST, toNobody), NOTHING, NOTHING),
                situation(
                        "a ping from client to nobody is not answered",
                        USUAL,
                        up(FIRST, ipv4("192.0.2.9", "192.0.2.9").echo(8, 5120)),
                        NOTHING,
                        NOTHING),
                situation(
                        "to the world with the last TTL: one is taken off on the way in only",
                        USUAL,
                        up(FIRST, ipv4("192.0.2.9", WORLD).ttl(1).udp(5120, 53, 10)),
                        List.of(ipv4("192.0.2.9", WORLD)
                                .ttl(1)
                                .udp(5120, 53, 10)
                                .bytes()),
                        NOTHING),
                situation(
                        "from the world with the last TTL",
                        USUAL,
                        down(ipv4(WORLD, "192.0.2.9").ttl(1).udp(53, 5120, 10)),
                        List.of(fromTep(
                                        WORLD,
                                        11,
                                        0,
                                        0,
                                        ipv4(WORLD, "192.0.2.9")
                                                .ttl(0)
                                                .udp(53, 5120, 10)
                                                .bytes())
                                .bytes()),
                        NOTHING),
                situation(
                        "the same, silently",
                        NO_ERRORS,
                        down(ipv4(WORLD, "192.0.2.9").ttl(1).udp(53, 5120, 10)),
                        NOTHING,
                        NOTHING),
                situation(
                        "a reply to a client's ping",
                        USUAL,
                        down(ipv4(WORLD, "192.0.2.9").echo(0, 5121)),
                        NOTHING,
                        List.of(tunnelled(
                                TEP, FIRST, ipv4(WORLD, "192.0.2.9").ttl(63).echo(0, 5121)))),
                situation(
                        "the same where no ICMP may come in",
                        NO_INCOMING_ICMP,
                        down(ipv4(WORLD, "192.0.2.9").echo(0, 5121)),
                        NOTHING,
                        NOTHING),
                situation(
                        "an error about a client's ping",
                        USUAL,
                        down(ipv4("203.0.113.9", "192.0.2.9").icmpError(11, 0, 0, Arrays.copyOf(echo, 28))),
                        NOTHING,
                        List.of(tunnelled(
                                TEP,
                                FIRST,
                                ipv4("203.0.113.9", "192.0.2.9")
                                        .ttl(63)
                                        .icmpError(11, 0, 0, Arrays.copyOf(echo, 28))))),
                situation(
                        "a client's error about what the world sent",
                        USUAL,
                        up(FIRST, ipv4("192.0.2.9", WORLD).icmpError(3, 3, 0, request)),
                        List.of(ipv4("192.0.2.9", WORLD)
                                .icmpError(3, 3, 0, request)
                                .bytes()),
                        NOTHING),
                situation(
                        "unreachable inside the tunnel, for the world",
                        USUAL,
                        new In(
                                true,
                                ipv6(ROUTER, TEP).icmp(1, 3, 0, requestPacket).bytes()),
                        List.of(fromTep(WORLD, 3, 1, 0, request).bytes()),
                        NOTHING),
                situation(
                        "the same where no ICMP may come in",
                        NO_INCOMING_ICMP,
                        new In(
                                true,
                                ipv6(ROUTER, TEP).icmp(1, 3, 0, requestPacket).bytes()),
                        NOTHING,
                        NOTHING),
                situation(
                        "hop limit inside the tunnel, for another client: through its own tunnel",
                        USUAL,
                        new In(
                                true,
                                ipv6(ROUTER, OTHER_TEP)
                                        .icmp(3, 0, 0, hairpinnedPacket)
                                        .bytes()),
                        NOTHING,
                        List.of(tunnelled(TEP, FULL, fromTep("192.0.2.1", 3, 1, 0, hairpinned)))),
                situation(
                        "too big inside the tunnel, for another client",
                        USUAL,
                        new In(
                                true,
                                ipv6(ROUTER, OTHER_TEP)
                                        .icmp(2, 0, 1400, hairpinnedPacket)
                                        .bytes()),
                        NOTHING,
                        List.of(tunnelled(TEP, FULL, fromTep("192.0.2.1", 3, 4, 1360, hairpinned)))),
                situation(
                        "an error that came to another tunnel address than the packet left from",
                        USUAL,
                        new In(
                                true,
                                ipv6(ROUTER, TEP)
                                        .icmp(3, 0, 0, hairpinnedPacket)
                                        .bytes()),
                        NOTHING,
                        NOTHING),
                situation(
                        "ICMPv6 of an unknown type",
                        USUAL,
                        new In(
                                true,
                                ipv6(ROUTER, TEP).icmp(5, 1, 0, requestPacket).bytes()),
                        NOTHING,
                        NOTHING),
                situation(
                        "neighbour discovery",
                        USUAL,
                        new In(
                                true,
                                ipv6("fe80::1", "ff02::1:ff00:1")
                                        .icmp(135, 0, 0, new byte[16])
                                        .bytes()),
                        NOTHING,
                        NOTHING),
                situation(
                        "UDP to the TEP's own address",
                        USUAL,
                        new In(
                                true,
                                ipv6(ROUTER, TEP)
                                        .payload(IpProtocol.UDP, new byte[20])
                                        .bytes()),
                        NOTHING,
                        NOTHING),
                situation(
                        "too long for the world's link, and not to be cut",
                        settings -> settings.ipv4Mtu = 576,
                        up(FIRST, ipv4("192.0.2.9", WORLD).dontFragment().udp(5120, 53, 549)),
                        NOTHING,
                        List.of(tunnelled(
                                TEP,
                                FIRST,
                                fromTep(
                                        "192.0.2.9",
                                        3,
                                        4,
                                        576,
                                        Arrays.copyOf(
                                                ipv4("192.0.2.9", WORLD)
                                                        .dontFragment()
                                                        .udp(5120, 53, 549)
                                                        .bytes(),
                                                548))))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("situations")
    void sends_what_the_rfcs_say(
            String what, Consumer<Wire.Settings> policy, In in, List<byte[]> toIpv4, List<byte[]> toTunnel) {
        Wire wire = wire(policy);
        if (in.fromTunnel()) {
            wire.fromIpv6(in.packet());
        } else {
            wire.fromIpv4(in.packet());
        }

        assertThat(comparable(wire.toIpv4, LwaftrSituationsTest::withoutId))
                .isEqualTo(comparable(toIpv4, LwaftrSituationsTest::withoutId));
        assertThat(comparable(wire.toIpv6, LwaftrSituationsTest::withoutInnerId))
                .isEqualTo(comparable(toTunnel, LwaftrSituationsTest::withoutInnerId));
    }

    private static List<String> comparable(List<byte[]> packets, UnaryOperator<byte[]> mask) {
        return packets.stream().map(mask).map(Arrays::toString).toList();
    }

    private static byte[] withoutId(byte[] packet) {
        byte[] masked = packet.clone();
        masked[4] = masked[5] = masked[10] = masked[11] = 0;
        return masked;
    }

    private static byte[] withoutInnerId(byte[] packet) {
        byte[] masked = packet.clone();
        System.arraycopy(withoutId(inner(packet)), 0, masked, 40, packet.length - 40);
        return masked;
    }

    @Test
    void tunnel_fragments_leave_as_ipv4_fragments_where_the_world_is_narrow() {
        Wire wire = wire(settings -> settings.ipv4Mtu = 576);
        byte[] packet = ipv4("192.0.2.9", WORLD).udp(5120, 53, 1400).bytes();
        for (int offset : new int[] {720, 0}) {
            wire.fromIpv6(ipv6(FIRST, TEP)
                    .payload(IpProtocol.IPV4, Arrays.copyOfRange(packet, offset, offset == 0 ? 720 : packet.length))
                    .fragment(offset, offset == 0)
                    .bytes());
        }

        assertThat(wire.toIpv4).hasSize(3).allSatisfy(part -> assertThat(part.length)
                .isLessThanOrEqualTo(576));
        byte[] together = packet.clone();
        Arrays.fill(together, 20, together.length, (byte) 0);
        for (byte[] part : wire.toIpv4) {
            System.arraycopy(part, 20, together, 20 + Ipv4Header.fragmentOffset(view(part), 0), part.length - 20);
        }
        assertThat(together).isEqualTo(packet);
    }

    @Test
    void ipv4_fragments_in_any_order_leave_as_tunnel_fragments_of_one_packet() {
        byte[] packet = ipv4(WORLD, "192.0.2.9").udp(53, 5120, 1452).bytes();
        List<byte[]> parts = new ArrayList<>();
        for (int offset = 0; offset < packet.length - 20; offset += 552) {
            parts.add(ipv4(WORLD, "192.0.2.9")
                    .payload(
                            IpProtocol.UDP,
                            Arrays.copyOfRange(packet, 20 + offset, Math.min(packet.length, 572 + offset)))
                    .fragment(offset, offset + 552 < packet.length - 20)
                    .bytes());
        }
        Wire wire = wire(settings -> settings.tunnelMtu = 1280);
        for (int i : new int[] {2, 0, 1}) {
            wire.fromIpv4(parts.get(i));
        }

        assertThat(wire.toIpv6).hasSize(2).allSatisfy(fragment -> {
            assertThat(fragment.length).isLessThanOrEqualTo(1280);
            assertThat(fragment[6]).isEqualTo((byte) IpProtocol.FRAGMENT);
        });
        byte[] first = wire.toIpv6.get(0);
        assertThat(Ipv4Header.totalLength(view(first), 48)).isEqualTo(packet.length);
        assertThat(Ipv4Header.isFragment(view(first), 48)).isFalse();
        assertThat(first.length - 48 + wire.toIpv6.get(1).length - 48).isEqualTo(packet.length);
    }

    @Test
    void pings_to_its_own_addresses_are_answered_whatever_the_policy_for_clients() {
        Wire wire = wire(NO_INCOMING_ICMP.andThen(NO_ERRORS));
        wire.fromIpv4(ipv4(WORLD, "192.0.0.1").ttl(1).echo(8, 9).bytes());
        wire.fromIpv6(ipv6(ROUTER, TEP).icmp(128, 0, 0x00090001, new byte[20]).bytes());
        wire.fromIpv6(
                ipv6(ROUTER, OTHER_TEP).icmp(128, 0, 0x00090001, new byte[20]).bytes());

        assertThat(comparable(wire.toIpv4, LwaftrSituationsTest::withoutId))
                .isEqualTo(comparable(
                        List.of(ipv4("192.0.0.1", WORLD).echo(0, 9).bytes()), LwaftrSituationsTest::withoutId));
        assertThat(wire.toIpv6)
                .containsExactly(
                        ipv6(TEP, ROUTER).icmp(129, 0, 0x00090001, new byte[20]).bytes(),
                        ipv6(OTHER_TEP, ROUTER)
                                .icmp(129, 0, 0x00090001, new byte[20])
                                .bytes());
    }

    @Test
    void a_burst_of_both_directions_keeps_its_order() {
        Wire wire = wire();
        for (int i = 0; i < 20; i++) {
            wire.fromIpv4(ipv4(WORLD, "192.0.2.9").udp(i, 5120, i).bytes());
            wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).udp(5120, i, i)).packet());
        }

        assertThat(wire.toIpv6).extracting(packet -> packet.length).isSorted().hasSize(20);
        assertThat(wire.toIpv4).extracting(packet -> packet.length).isSorted().hasSize(20);
    }

    /** RFC 8676: without hairpinning nothing is forwarded locally. */
    @Test
    void a_router_outside_may_decide_who_reaches_whom() {
        Wire.Settings settings = new Wire.Settings();
        settings.hairpin = Hairpinning.OUTSIDE;
        byte[] packet = ipv4("192.0.2.9", "192.0.2.1").tcp(5120, 80, 10).bytes();
        Wire wire = new Wire(settings)
                .serve("192.0.2.0/24", binding("192.0.2.9", new PortSet(0, 6, 5), FIRST), binding("192.0.2.1", FULL))
                .fromIpv6(ipv6(FIRST, TEP).payload(IpProtocol.IPV4, packet).bytes());

        assertThat(wire.verdicts()).containsExactlyEntriesOf(Map.of(Outcome.OUT_DECAPSULATED_IPV4, 1L));
        assertThat(wire.toIpv4).containsExactly(packet);
        assertThat(wire.toIpv6).isEmpty();

        wire.fromIpv4(packet);
        assertThat(wire.toIpv6).as("what comes back as it was").isEmpty();
        assertThat(wire.verdicts()).containsEntry(Outcome.DROP_INSIDE_SOURCE_IPV4, 1L);
    }

    /** Where the operator wants it so, one client of a shared address answers all pings from outside. */
    @Test
    void pings_from_outside_find_the_holder_of_port_zero_where_policy_says_so() {
        Wire.Settings settings = new Wire.Settings();
        settings.echo = EchoLookup.PORT_ZERO;
        Wire wire = new Wire(settings)
                .bind(
                        binding("192.0.2.9", new PortSet(0, 6, 0), FIRST),
                        binding("192.0.2.9", new PortSet(0, 6, 6), SECOND));
        wire.fromIpv4(ipv4(WORLD, "192.0.2.9").echo(8, 6144).bytes());
        wire.fromIpv6(up(FIRST, ipv4("192.0.2.9", WORLD).echo(0, 6144)).packet());
        wire.fromIpv6(up(SECOND, ipv4("192.0.2.9", WORLD).echo(0, 6144)).packet());
        wire.fromIpv6(up(SECOND, ipv4("192.0.2.9", WORLD).echo(8, 6144)).packet());
        wire.fromIpv4(ipv4(WORLD, "192.0.2.9").echo(0, 6144).bytes());
        byte[] reply = ipv4("192.0.2.9", WORLD).echo(0, 6144).bytes();
        wire.fromIpv4(ipv4("203.0.113.1", "192.0.2.9")
                .icmpError(11, 0, 0, Arrays.copyOf(reply, 28))
                .bytes());

        assertThat(wire.toIpv4).as("reply of the first, request of the second").hasSize(2);
        assertThat(wire.verdicts()).containsEntry(Outcome.DROP_FOREIGN_PORT_IPV6, 1L);
        List<byte[]> tunnelled = wire.toIpv6.stream()
                .filter(packet -> packet[6] == IpProtocol.IPV4)
                .toList();
        assertThat(tunnelled)
                .extracting(packet -> clientOf(packet))
                .containsExactly(Ipv6Address.parse(FIRST), Ipv6Address.parse(SECOND), Ipv6Address.parse(FIRST));
    }

    private static Ipv6Address clientOf(byte[] packet) {
        return new Ipv6Address(view(packet).getLong(24), view(packet).getLong(32));
    }
}
