package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision.Granted;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.codec.Dhcp4Codec;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Lw4o6;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Puts a DHCPv4 answer together and into its DHCPV4-RESPONSE.
 *
 * @param query what it answers
 * @param tunnelAddresses the TEP's end of the tunnel, for the response
 */
record Dhcp4Answer(Dhcp4o6.Query query, List<Ipv6Address> tunnelAddresses) {

    /** The address is the client's alone on its end of the tunnel. */
    private static final Ipv4Address HOST_MASK = new Ipv4Address(-1);

    Answer offer(Granted granted) {
        List<Dhcp4Option> options = options(Dhcp4MessageType.OFFER);
        addLease(options, granted);
        return send(
                Ipv4Address.UNSPECIFIED,
                granted.lease().address(),
                options,
                bindPrefix(granted.lease()),
                ServerCounter.SENT_DHCP4_OFFER);
    }

    Answer ack(Granted granted) {
        List<Dhcp4Option> options = options(Dhcp4MessageType.ACK);
        addLease(options, granted);
        // "MUST be sent in every DHCPACK message sent by the server" (RFC 8539 section 8).
        options.add(new Dhcp4Option.SoftwireSource(granted.lease().tunnelSource()));
        return send(
                query.message().ciaddr(),
                granted.lease().address(),
                options,
                bindPrefix(granted.lease()),
                ServerCounter.SENT_DHCP4_ACK);
    }

    /** "The server ... MUST NOT send a lease expiration time to the client and SHOULD NOT fill in 'yiaddr'" (RFC 2131). */
    Answer informed(Optional<Lease> lease) {
        List<Dhcp4Option> options = options(Dhcp4MessageType.ACK);
        lease.ifPresent(held -> options.add(new Dhcp4Option.SoftwireSource(held.tunnelSource())));
        return send(
                query.message().ciaddr(),
                Ipv4Address.UNSPECIFIED,
                options,
                Optional.empty(),
                ServerCounter.SENT_DHCP4_ACK);
    }

    Answer nak(String why) {
        List<Dhcp4Option> options = options(Dhcp4MessageType.NAK);
        options.add(new Dhcp4Option.Reason(why));
        return send(
                Ipv4Address.UNSPECIFIED,
                Ipv4Address.UNSPECIFIED,
                options,
                Optional.empty(),
                ServerCounter.SENT_DHCP4_NAK);
    }

    private List<Dhcp4Option> options(Dhcp4MessageType type) {
        List<Dhcp4Option> options = new ArrayList<>();
        options.add(new Dhcp4Option.Kind(type));
        options.add(new Dhcp4Option.ServerId(query.server().settings().dhcp4ServerId()));
        // "the server MUST return the 'client identifier' option, unaltered" (RFC 6842 section 3).
        query.message().first(Dhcp4Option.ClientId.class).ifPresent(options::add);
        return options;
    }

    private static void addLease(List<Dhcp4Option> options, Granted granted) {
        options.add(new Dhcp4Option.LeaseTime(WireTime.seconds(granted.valid())));
        options.add(new Dhcp4Option.RenewalTime(WireTime.seconds(granted.renewAfter())));
        options.add(new Dhcp4Option.RebindingTime(WireTime.seconds(granted.rebindAfter())));
        options.add(new Dhcp4Option.SubnetMask(HOST_MASK));
        if (!granted.lease().ports().isFull()) {
            options.add(new Dhcp4Option.PortParams(granted.lease().ports()));
        }
    }

    /** The prefix that the tunnel source was made from; none if the client's own address is its tunnel source. */
    private Optional<Ipv6Prefix> bindPrefix(Lease lease) {
        return Optional.of(Lw4o6.bindPrefix(lease.key(), lease.tunnelSource()))
                .filter(prefix -> prefix.length() < 128 && query.asks(OptionCode.S46_BIND_IPV6_PREFIX));
    }

    private Answer send(
            Ipv4Address ciaddr,
            Ipv4Address yiaddr,
            List<Dhcp4Option> options,
            Optional<Ipv6Prefix> prefix,
            ServerCounter counter) {
        Dhcp4Message answer = query.message().answer(ciaddr, yiaddr, options);
        List<Option> carried = new ArrayList<>();
        carried.add(new Option.Dhcpv4Msg(Dhcp4Codec.encode(answer)));
        tunnelAddresses.forEach(address -> carried.add(new Option.S46Br(address)));
        prefix.ifPresent(bind -> carried.add(new Option.S46BindIpv6Prefix(bind)));
        return new Answer.Send(new Message.Direct(MessageType.DHCPV4_RESPONSE, 0, new Options(carried)), counter);
    }
}
