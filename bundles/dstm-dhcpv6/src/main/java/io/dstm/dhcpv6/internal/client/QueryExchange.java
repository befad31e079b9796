package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Dhcp4Codec;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4MessageType;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** A DHCPv4 message inside a DHCPV4-QUERY (RFC 7341), known again by its xid. */
abstract class QueryExchange extends Exchange {

    /**
     * What the client would like to be told: the netmask, the times, its end of the tunnel (RFC 8539), and with 159 that it can
     * live with a shared address (RFC 7618 section 7).
     */
    private static final Dhcp4Option.ParameterRequest PARAMETERS =
            new Dhcp4Option.ParameterRequest(List.of(1, 51, 58, 59, 109, Dhcp4Option.V4_PORTPARAMS));

    /** "OPTION_ORO contains the option codes for OPTION_S46_BR (90) and OPTION_S46_BIND_IPV6_PREFIX (137)" (RFC 8539). */
    private static final Option SOFTWIRE =
            new Option.OptionRequest(List.of(OptionCode.S46_BR, OptionCode.S46_BIND_IPV6_PREFIX));

    private static final int ETHERNET = 1;

    private static final int MOST_SECONDS = 0xFFFF;

    private static final Octets NO_HARDWARE_ADDRESS = Octets.of(new byte[16]);

    private final Dhcp4Core dhcp4;
    private final Dhcp4MessageType type;
    private final String name;

    QueryExchange(Dhcp4Core dhcp4, Dhcp4MessageType type, String name) {
        super(dhcp4.core());
        this.dhcp4 = dhcp4;
        this.type = type;
        this.name = name;
    }

    /**
     * Whether DHCPv4 would have sent the message to its server alone, for the Unicast flag (RFC 7341 section 8).
     */
    abstract boolean unicast();

    /** The address the client has already; none while it asks for one. */
    Ipv4Address ciaddr() {
        return Ipv4Address.UNSPECIFIED;
    }

    /** What stands in the DHCPv4 message behind its type and the client identifier. */
    abstract List<Dhcp4Option> content(Ready now);

    /** Takes an answer that is for this client. */
    abstract ClientCounter receive(Message.Direct carrier, Dhcp4Message message);

    final Dhcp4Core dhcp4() {
        return dhcp4;
    }

    /** Who asks: by the number and DUID that are the client's in DHCPv6 too, so that it is one client to the server. */
    final Dhcp4Option.ClientId clientId() {
        return Dhcp4Option.ClientId.of(Dhcpv6LeaseSource.IAID, duid());
    }

    /** The same in every message that asks for something (RFC 2131 section 4.3.6 and table 5). */
    static Dhcp4Option parameters() {
        return PARAMETERS;
    }

    /** "the client MUST include the offset, PSID length, and PSID values" of what it has (RFC 7618 section 7). */
    static void addPorts(List<Dhcp4Option> content, LeaseKey key) {
        if (!key.ports().isFull()) {
            content.add(new Dhcp4Option.PortParams(key.ports()));
        }
    }

    @Override
    int enroll() {
        return core().register(this);
    }

    @Override
    final void leave(int oldNumber) {
        core().unregister(oldNumber, this);
    }

    @Override
    final String question() {
        return name;
    }

    /** What the message says of how long the client has been trying. */
    int seconds(Duration sinceStart) {
        return (int) Math.min(MOST_SECONDS, sinceStart.toSeconds());
    }

    @Override
    final void send(Ready sender, int ownNumber, Duration sinceStart) {
        List<Dhcp4Option> options = new ArrayList<>();
        options.add(new Dhcp4Option.Kind(type));
        options.add(clientId());
        options.addAll(content(sender));
        Dhcp4Message message = new Dhcp4Message(
                Dhcp4Message.REQUEST,
                ETHERNET,
                0,
                0,
                ownNumber,
                seconds(sinceStart),
                0,
                ciaddr(),
                Ipv4Address.UNSPECIFIED,
                Ipv4Address.UNSPECIFIED,
                Ipv4Address.UNSPECIFIED,
                NO_HARDWARE_ADDRESS,
                options);
        Message query = new Message.Direct(
                MessageType.DHCPV4_QUERY,
                unicast() ? Message.Direct.UNICAST : 0,
                Options.of(SOFTWIRE, new Option.Dhcpv4Msg(Dhcp4Codec.encode(message))));
        List<Ipv6Address> servers = dhcp4.servers();
        if (servers.isEmpty()) {
            sent(core().send(sender, query));
        }
        for (Ipv6Address server : servers) {
            sent(server.isMulticast() ? core().send(sender, query) : core().send(sender, server, query));
        }
    }

    /** Notes that the message is on its way to a server. */
    void sent(CompletionStage<Void> done) {}
}
