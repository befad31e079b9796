package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/** Any message the codec can write. */
final class Messages {

    private static final List<Integer> KNOWN = List.of(
            1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 18, 19, 20, 23, 25, 26, 32, 44, 45, 46, 47, 48, 53, 82, 83, 87, 88,
            90, 92, 93, 96, 111, 135, 137, 65281, 65282, 65283);

    private Messages() {}

    static Arbitrary<Message> any() {
        return Arbitraries.oneOf(direct(), relayed(direct()), relayed(relayed(direct())));
    }

    private static Arbitrary<Message> direct() {
        return Combinators.combine(
                        Arbitraries.integers()
                                .between(0, 255)
                                .map(MessageType::new)
                                .filter(type -> !type.isRelay()),
                        Arbitraries.integers().between(0, 0xFFFFFF),
                        options(topLevel()))
                .as(Message.Direct::new);
    }

    private static Arbitrary<Message> relayed(Arbitrary<Message> inner) {
        return Combinators.combine(
                        Arbitraries.of(MessageType.RELAY_FORW, MessageType.RELAY_REPL),
                        Arbitraries.integers().between(0, 255),
                        ipv6(),
                        ipv6(),
                        options(leaf()),
                        inner)
                .as((type, hops, link, peer, options, message) ->
                        new Message.Relayed(type, hops, link, peer, options.and(new Option.RelayMsg(message))));
    }

    static Arbitrary<Option> topLevel() {
        return Arbitraries.oneOf(leaf(), containers());
    }

    private static Arbitrary<Option> containers() {
        Arbitrary<Options> inIa = options(Arbitraries.oneOf(leaf(), address(), prefix()));
        return Arbitraries.oneOf(
                Combinators.combine(int32(), time(), time(), inIa).as(Option.IaNa::new),
                Combinators.combine(int32(), time(), time(), inIa).as(Option.IaPd::new),
                Combinators.combine(int32(), time(), time(), inIa).as(Option.IaDstm::new),
                Combinators.combine(int32(), inIa).as(Option.IaTa::new),
                options(Arbitraries.oneOf(leaf(), bind())).map(Option.S46ContLw::new),
                Combinators.combine(octet(), ipv6(), inIa).as(Option.LqQuery::new),
                inIa.map(Option.ClientData::new),
                address(),
                prefix(),
                bind());
    }

    private static Arbitrary<Option> address() {
        return Combinators.combine(ipv6(), time(), time(), options(leaf())).as(Option.IaAddress::new);
    }

    private static Arbitrary<Option> prefix() {
        return Combinators.combine(time(), time(), ipv6Prefix(), options(leaf()))
                .as(Option.IaPrefix::new);
    }

    private static Arbitrary<Option> bind() {
        return Combinators.combine(int32().map(Ipv4Address::new), ipv6Prefix(), options(leaf()))
                .as(Option.S46V4V6Bind::new);
    }

    private static Arbitrary<Option> leaf() {
        Arbitrary<List<OptionCode>> codes = code().list().ofMaxSize(5);
        Arbitrary<Integer> octet = octet();
        Arbitrary<Integer> two = Arbitraries.integers().between(0, 65535);
        return Arbitraries.oneOf(
                octets(3, 130).map(Option.ClientId::new),
                octets(3, 130).map(Option.ServerId::new),
                codes.map(Option.OptionRequest::new),
                octet.map(Option.Preference::new),
                two.map(Option.ElapsedTime::new),
                Combinators.combine(
                                two.map(Status::new),
                                Arbitraries.strings().alpha().ofMaxLength(20))
                        .as(Option.StatusCode::new),
                Arbitraries.just(new Option.RapidCommit()),
                octets(0, 20).map(Option.InterfaceId::new),
                octet.map(MessageType::new).map(Option.ReconfMsg::new),
                Arbitraries.just(new Option.ReconfAccept()),
                Combinators.combine(octet, octet, octet, Arbitraries.longs(), octets(0, 20))
                        .as(Option.Auth::new),
                time().map(Option.CltTime::new),
                Combinators.combine(ipv6(), octets(0, 40)).as(Option.LqRelayData::new),
                ipv6().list().ofMaxSize(3).map(Option.LqClientLink::new),
                octets(3, 130).map(Option.RelayId::new),
                ipv6().list().ofMaxSize(3).map(Option.DnsServers::new),
                time().map(Option.InformationRefreshTime::new),
                time().map(Option.SolMaxRt::new),
                time().map(Option.InfMaxRt::new),
                octets(0, 300).map(Option.Dhcpv4Msg::new),
                ipv6().list().ofMaxSize(3).map(Option.Dhcp4oDhcp6Server::new),
                ipv6Prefix().map(Option.S46BindIpv6Prefix::new),
                ipv6().map(Option.S46Br::new),
                portSet().map(Option.S46PortParams::new),
                codes.filter(list -> !list.isEmpty()).map(Option.S46Priority::new),
                two.map(Option.RelayPort::new),
                ipv6().map(Option.DstmTep::new),
                Combinators.combine(two, two)
                        .as((one, other) ->
                                new Option.DstmPorts(new PortRange(Math.min(one, other), Math.max(one, other)))),
                Combinators.combine(code().filter(code -> !KNOWN.contains(code.value())), octets(0, 20))
                        .as(Option.Unknown::new));
    }

    static Arbitrary<PortSet> portSet() {
        return Arbitraries.integers().between(0, 15).flatMap(offset -> Arbitraries.integers()
                .between(0, 16 - offset)
                .flatMap(length -> Arbitraries.integers()
                        .between(0, (1 << length) - 1)
                        .map(psid -> new PortSet(offset, length, psid))));
    }

    static Arbitrary<Octets> octets(int least, int most) {
        return Arbitraries.bytes()
                .array(byte[].class)
                .ofMinSize(least)
                .ofMaxSize(most)
                .map(Octets::of);
    }

    private static Arbitrary<Options> options(Arbitrary<Option> option) {
        return option.list().ofMaxSize(4).map(Options::new);
    }

    private static Arbitrary<OptionCode> code() {
        return Arbitraries.integers().between(0, 65535).map(OptionCode::new);
    }

    private static Arbitrary<Integer> octet() {
        return Arbitraries.integers().between(0, 255);
    }

    private static Arbitrary<Integer> int32() {
        return Arbitraries.integers().between(Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    private static Arbitrary<Long> time() {
        return Arbitraries.longs().between(0, Option.INFINITY);
    }

    private static Arbitrary<Ipv6Address> ipv6() {
        return Combinators.combine(Arbitraries.longs(), Arbitraries.longs()).as(Ipv6Address::new);
    }

    private static Arbitrary<Ipv6Prefix> ipv6Prefix() {
        return Combinators.combine(ipv6(), Arbitraries.integers().between(0, 128))
                .as(Ipv6Prefix::of);
    }
}
