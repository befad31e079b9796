package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Any DHCPv4 message the codec can write. */
final class Dhcp4Messages {

    private static final List<Integer> KNOWN = List.of(1, 3, 6, 50, 51, 52, 53, 54, 55, 56, 58, 59, 61, 109, 159);

    private Dhcp4Messages() {}

    static Arbitrary<Dhcp4Message> any() {
        Arbitrary<Integer> octet = Arbitraries.integers().between(0, 255);
        Arbitrary<Integer> two = Arbitraries.integers().between(0, 65535);
        return Combinators.combine(
                        octet.list().ofSize(3),
                        Arbitraries.integers().between(0, 16),
                        Arbitraries.integers(),
                        two.list().ofSize(2),
                        ipv4().list().ofSize(4),
                        Messages.octets(16, 16),
                        option().list().ofMaxSize(6).uniqueElements(Dhcp4Table::code))
                .as((one, hlen, xid, pairs, addresses, chaddr, options) -> new Dhcp4Message(
                        one.get(0),
                        one.get(1),
                        hlen,
                        one.get(2),
                        xid,
                        pairs.get(0),
                        pairs.get(1),
                        addresses.get(0),
                        addresses.get(1),
                        addresses.get(2),
                        addresses.get(3),
                        chaddr,
                        options));
    }

    private static Arbitrary<Dhcp4Option> option() {
        Arbitrary<Integer> octet = Arbitraries.integers().between(0, 255);
        Arbitrary<Long> time = Arbitraries.longs().between(0, Option.INFINITY);
        Arbitrary<List<Ipv4Address>> some = ipv4().list().ofMinSize(1).ofMaxSize(70);
        return Arbitraries.oneOf(
                ipv4().map(Dhcp4Option.SubnetMask::new),
                some.map(Dhcp4Option.Routers::new),
                some.map(Dhcp4Option.DnsServers::new),
                ipv4().map(Dhcp4Option.RequestedAddress::new),
                time.map(Dhcp4Option.LeaseTime::new),
                octet.map(Dhcp4MessageType::new).map(Dhcp4Option.Kind::new),
                ipv4().map(Dhcp4Option.ServerId::new),
                octet.list().ofMinSize(1).ofMaxSize(300).map(Dhcp4Option.ParameterRequest::new),
                Arbitraries.strings().alpha().ofMaxLength(300).map(Dhcp4Option.Reason::new),
                time.map(Dhcp4Option.RenewalTime::new),
                time.map(Dhcp4Option.RebindingTime::new),
                Messages.octets(1, 600).map(Dhcp4Option.ClientId::new),
                Combinators.combine(Arbitraries.longs(), Arbitraries.longs())
                        .as(Ipv6Address::new)
                        .map(Dhcp4Option.SoftwireSource::new),
                Messages.portSet().map(Dhcp4Option.PortParams::new),
                Combinators.combine(
                                Arbitraries.integers().between(1, 254).filter(code -> !KNOWN.contains(code)),
                                Messages.octets(0, 600))
                        .as(Dhcp4Option.Unknown::new));
    }

    private static Arbitrary<Ipv4Address> ipv4() {
        return Arbitraries.integers().map(Ipv4Address::new);
    }
}
