package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import java.util.List;
import java.util.Optional;

/**
 * A DHCPv4 message (RFC 2131 section 2) without what only a booting machine needs: server name and boot file are not kept, and are
 * zero when written.
 *
 * @param op {@link #REQUEST} or {@link #REPLY}
 * @param htype type of hardware address, 0 to 255
 * @param hlen how many octets of {@code chaddr} count, 0 to 16
 * @param hops relays passed, 0 to 255
 * @param xid matches answers to questions
 * @param secs how long the client has been trying, 0 to 65535
 * @param flags bit 15: the client wants a broadcast
 * @param ciaddr the client's address if it can use it already
 * @param yiaddr the client's address as the server gives it
 * @param siaddr next server of a bootstrap
 * @param giaddr the relay's address
 * @param chaddr the client's hardware address, 16 octets
 * @param options the options in the order of their first appearance
 */
public record Dhcp4Message(
        int op,
        int htype,
        int hlen,
        int hops,
        int xid,
        int secs,
        int flags,
        Ipv4Address ciaddr,
        Ipv4Address yiaddr,
        Ipv4Address siaddr,
        Ipv4Address giaddr,
        Octets chaddr,
        List<Dhcp4Option> options) {

    /** From a client. */
    public static final int REQUEST = 1;

    /** From a server. */
    public static final int REPLY = 2;

    /** The size of the field for hardware addresses. */
    static final int CHADDR_LENGTH = 16;

    /** Checks the ranges. */
    public Dhcp4Message {
        options = List.copyOf(options);
        boolean octets = ((op | htype | hops) & ~0xFF) == 0 && ((secs | flags) & ~0xFFFF) == 0;
        if (!octets || hlen < 0 || hlen > CHADDR_LENGTH || chaddr.length() != CHADDR_LENGTH) {
            throw new IllegalArgumentException("a field of the BOOTP header is out of its range");
        }
    }

    /** The first option of a kind. */
    public <O extends Dhcp4Option> Optional<O> first(Class<O> kind) {
        return options.stream().filter(kind::isInstance).map(kind::cast).findFirst();
    }

    /** What kind of message; empty for plain BOOTP. */
    public Optional<Dhcp4MessageType> type() {
        return first(Dhcp4Option.Kind.class).map(Dhcp4Option.Kind::type);
    }

    /** Whether the client's parameter request lists {@code code}. */
    public boolean requests(int code) {
        return first(Dhcp4Option.ParameterRequest.class)
                .map(request -> request.codes().contains(code))
                .orElse(false);
    }

    /** An answer to this message: what RFC 2131 table 3 has the server copy, the rest zero. */
    public Dhcp4Message answer(Ipv4Address newCiaddr, Ipv4Address newYiaddr, List<Dhcp4Option> newOptions) {
        return new Dhcp4Message(
                REPLY,
                htype,
                hlen,
                0,
                xid,
                0,
                flags,
                newCiaddr,
                newYiaddr,
                Ipv4Address.UNSPECIFIED,
                giaddr,
                chaddr,
                newOptions);
    }
}
