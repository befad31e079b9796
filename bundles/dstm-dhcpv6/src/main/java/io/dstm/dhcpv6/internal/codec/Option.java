package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import java.util.List;

/**
 * An option. Times are in seconds as unsigned 32-bit numbers, where {@link #INFINITY} never ends (RFC 8415 section 7.7); IAIDs are
 * opaque 32 bits. What has no record here is {@link Unknown} and survives unchanged.
 */
public sealed interface Option {

    /** The time that never ends. */
    long INFINITY = 0xFFFF_FFFFL;

    /** An option that holds options. */
    sealed interface Container extends Option {

        /** What it holds. */
        Options options();
    }

    /** An identity association: what a client groups its leases by. */
    sealed interface Association extends Container {

        /** The client's number for it. */
        int iaid();
    }

    /** Who the client is: its DUID, 3 to 130 octets that are only ever compared. */
    record ClientId(Octets duid) implements Option {

        /** Checks the length (RFC 8415 section 11.1). */
        public ClientId {
            checkDuid(duid);
        }
    }

    /** Which server: its DUID. */
    record ServerId(Octets duid) implements Option {

        /** Checks the length (RFC 8415 section 11.1). */
        public ServerId {
            checkDuid(duid);
        }
    }

    /** Identity association for addresses. */
    record IaNa(int iaid, long t1, long t2, Options options) implements Association {

        /** Checks the ranges. */
        public IaNa {
            checkTime(t1);
            checkTime(t2);
        }
    }

    /** Identity association for temporary addresses. */
    record IaTa(int iaid, Options options) implements Association {}

    /** Identity association for prefixes. */
    record IaPd(int iaid, long t1, long t2, Options options) implements Association {

        /** Checks the ranges. */
        public IaPd {
            checkTime(t1);
            checkTime(t2);
        }
    }

    /**
     * Identity association for an IPv4 address over IPv6 (draft-ietf-dhc-dhcpv6-opt-dstm-01 section 3). T1 and T2 mean what they
     * mean in an IA_NA today (RFC 8415 section 21.4): 0 leaves the time to the client, T1 = T2 = valid lifetime asks it not to
     * renew. The draft had 0 for the latter.
     */
    record IaDstm(int iaid, long t1, long t2, Options options) implements Association {

        /** Checks the ranges. */
        public IaDstm {
            checkTime(t1);
            checkTime(t2);
        }
    }

    /** An address; in an IA_DSTM the IPv4-mapped form of an IPv4 address. */
    record IaAddress(Ipv6Address address, long preferred, long valid, Options options) implements Container {

        /** Checks the ranges. */
        public IaAddress {
            checkTime(preferred);
            checkTime(valid);
        }
    }

    /** A delegated prefix. */
    record IaPrefix(long preferred, long valid, Ipv6Prefix prefix, Options options) implements Container {

        /** Checks the ranges. */
        public IaPrefix {
            checkTime(preferred);
            checkTime(valid);
        }
    }

    /** Which options the client would like. */
    record OptionRequest(List<OptionCode> codes) implements Option {

        /** Keeps the list unchangeable. */
        public OptionRequest {
            codes = List.copyOf(codes);
        }
    }

    /** How much the server wants to be chosen, 0 to 255; 255 wins at once. */
    record Preference(int value) implements Option {

        /** Checks the range. */
        public Preference {
            checkOctet("preference", value);
        }
    }

    /** How long the client has been trying, in hundredths of a second; 65535 for that and longer. */
    record ElapsedTime(int hundredths) implements Option {

        /** Checks the range. */
        public ElapsedTime {
            checkShort("elapsed time", hundredths);
        }
    }

    /** The message a relay carries. */
    record RelayMsg(Message message) implements Option {}

    /**
     * Authentication (RFC 8415 section 21.11).
     *
     * @param replay only ever rises in what one server sends to one client, as an unsigned number
     * @param information what the protocol makes of it
     */
    record Auth(int protocol, int algorithm, int replayMethod, long replay, Octets information) implements Option {

        /** Checks the ranges. */
        public Auth {
            checkOctet("protocol", protocol);
            checkOctet("algorithm", algorithm);
            checkOctet("replay detection method", replayMethod);
        }
    }

    /** How it went, with a sentence for the user. */
    record StatusCode(Status status, String text) implements Option {}

    /** The client takes a Reply to its Solicit; the Reply is one. */
    record RapidCommit() implements Option {}

    /** Where the relay heard the client; echoed to it. */
    record InterfaceId(Octets id) implements Option {}

    /** What the client shall send. */
    record ReconfMsg(MessageType type) implements Option {}

    /** Reconfigure is understood. */
    record ReconfAccept() implements Option {}

    /** Recursive resolvers. */
    record DnsServers(List<Ipv6Address> addresses) implements Option {

        /** Keeps the list unchangeable. */
        public DnsServers {
            addresses = List.copyOf(addresses);
        }
    }

    /** When to ask again for what came without a lease. */
    record InformationRefreshTime(long seconds) implements Option {

        /** Checks the range. */
        public InformationRefreshTime {
            checkTime(seconds);
        }
    }

    /**
     * What a leasequery is about.
     *
     * @param type what the options name: an address, a client, a link
     * @param link where; :: for anywhere
     */
    record LqQuery(int type, Ipv6Address link, Options options) implements Container {

        /** Checks the range. */
        public LqQuery {
            checkOctet("query type", type);
        }
    }

    /** What one client has on one link. */
    record ClientData(Options options) implements Container {}

    /** How many seconds ago the server last heard of the client. */
    record CltTime(long seconds) implements Option {

        /** Checks the range. */
        public CltTime {
            checkTime(seconds);
        }
    }

    /** How the client's last message came: from which relay, and its Relay-forward without what the client said. */
    record LqRelayData(Ipv6Address peer, Octets message) implements Option {}

    /** The links that a client has something on. */
    record LqClientLink(List<Ipv6Address> links) implements Option {

        /** Keeps the list unchangeable. */
        public LqClientLink {
            links = List.copyOf(links);
        }
    }

    /** Which relay: its DUID. */
    record RelayId(Octets duid) implements Option {

        /** Checks the length (RFC 8415 section 11.1). */
        public RelayId {
            checkDuid(duid);
        }
    }

    /** Longest time between Solicits; a client heeds 60 to 86400 (RFC 8415 section 21.24). */
    record SolMaxRt(long seconds) implements Option {

        /** Checks the range. */
        public SolMaxRt {
            checkTime(seconds);
        }
    }

    /** Longest time between Information-requests; a client heeds 60 to 86400 (RFC 8415 section 21.25). */
    record InfMaxRt(long seconds) implements Option {

        /** Checks the range. */
        public InfMaxRt {
            checkTime(seconds);
        }
    }

    /** A DHCPv4 message without IP and UDP, to be read by {@link Dhcp4Codec}. */
    record Dhcpv4Msg(Octets message) implements Option {}

    /** Where DHCPV4-QUERYs go; none for the multicast address that all DHCPv6 messages go to. */
    record Dhcp4oDhcp6Server(List<Ipv6Address> addresses) implements Option {

        /** Keeps the list unchangeable. */
        public Dhcp4oDhcp6Server {
            addresses = List.copyOf(addresses);
        }
    }

    /** The lw4o6 container; what it may hold is checked by {@link Lw4o6}. */
    record S46ContLw(Options options) implements Container {}

    /** The tunnel end point. */
    record S46Br(Ipv6Address address) implements Option {}

    /** An IPv4 address and the prefix that the client's tunnel address is in. */
    record S46V4V6Bind(Ipv4Address address, Ipv6Prefix prefix, Options options) implements Container {}

    /**
     * A port set. On the wire the PSID is left aligned, here it is a plain number like everywhere else. A PSID length of 0 means
     * all ports whatever the offset.
     */
    record S46PortParams(PortSet ports) implements Option {}

    /** In which order to try softwire mechanisms: option codes, best first. */
    record S46Priority(List<OptionCode> codes) implements Option {

        /** Keeps the list unchangeable. */
        public S46Priority {
            codes = List.copyOf(codes);
            if (codes.isEmpty()) {
                throw new IllegalArgumentException("a priority list must not be empty (RFC 8026 section 1.4)");
            }
        }
    }

    /** A relay sends from a port of its own; the next relay notes that port here, the one next to the server has 0. */
    record RelayPort(int downstreamSourcePort) implements Option {

        /** Checks the range. */
        public RelayPort {
            checkShort("port", downstreamSourcePort);
        }
    }

    /** The prefix that the server would like the client's tunnel address to be in. */
    record S46BindIpv6Prefix(Ipv6Prefix prefix) implements Option {}

    /** The tunnel end point of the leases in an IA_DSTM. */
    record DstmTep(Ipv6Address address) implements Option {}

    /** Ports of the address in an IA_DSTM (draft-ietf-dhc-dhcpv6-opt-dstm-ports-01); several make up a set with an offset. */
    record DstmPorts(PortRange range) implements Option {}

    /** An option without a meaning here. */
    record Unknown(OptionCode code, Octets data) implements Option {}

    /** A softwire option that cannot be read and is to be ignored (RFC 7598 section 6, RFC 8539 section 7.4); survives unchanged. */
    record Unreadable(OptionCode code, Octets data, DecodeError why) implements Option {}

    private static void checkDuid(Octets duid) {
        if (duid.length() < OptionTable.SHORTEST_DUID || duid.length() > OptionTable.LONGEST_DUID) {
            throw new IllegalArgumentException("a DUID has 3 to 130 octets (RFC 8415 section 11.1)");
        }
    }

    private static void checkTime(long seconds) {
        if (seconds < 0 || seconds > INFINITY) {
            throw new IllegalArgumentException("time " + seconds + " does not fit into 32 bits");
        }
    }

    private static void checkOctet(String what, int value) {
        if (value < 0 || value > 0xFF) {
            throw new IllegalArgumentException(what + " " + value + " is not within 0 to 255");
        }
    }

    private static void checkShort(String what, int value) {
        if (value < 0 || value > 0xFFFF) {
            throw new IllegalArgumentException(what + " " + value + " is not within 0 to 65535");
        }
    }
}
