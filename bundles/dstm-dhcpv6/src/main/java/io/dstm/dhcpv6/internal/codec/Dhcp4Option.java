package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An option of DHCPv4 (RFC 2132). Times are in seconds as unsigned 32-bit numbers, where 2^32 - 1 never ends. What has no record
 * here is {@link Unknown} and survives unchanged.
 */
public sealed interface Dhcp4Option {

    /** The code of {@link PortParams}, which a client lists in its parameter request to show that it can share an address. */
    int V4_PORTPARAMS = 159;

    /** The netmask of the client's address. */
    record SubnetMask(Ipv4Address mask) implements Dhcp4Option {}

    /** Routers, best first. */
    record Routers(List<Ipv4Address> addresses) implements Dhcp4Option {

        /** Keeps the list unchangeable. */
        public Routers {
            addresses = List.copyOf(addresses);
        }
    }

    /** Recursive resolvers, best first. */
    record DnsServers(List<Ipv4Address> addresses) implements Dhcp4Option {

        /** Keeps the list unchangeable. */
        public DnsServers {
            addresses = List.copyOf(addresses);
        }
    }

    /** The address that the client would like, or is offered and takes. */
    record RequestedAddress(Ipv4Address address) implements Dhcp4Option {}

    /** How long the lease lasts. */
    record LeaseTime(long seconds) implements Dhcp4Option {

        /** Checks the range. */
        public LeaseTime {
            checkTime(seconds);
        }
    }

    /** What kind of message. */
    record Kind(Dhcp4MessageType type) implements Dhcp4Option {}

    /** Which server. */
    record ServerId(Ipv4Address address) implements Dhcp4Option {}

    /** Which options the client would like: codes of 0 to 255. */
    record ParameterRequest(List<Integer> codes) implements Dhcp4Option {

        /** Checks the ranges. */
        public ParameterRequest {
            codes = List.copyOf(codes);
            if (codes.isEmpty() || codes.stream().anyMatch(code -> code < 0 || code > 0xFF)) {
                throw new IllegalArgumentException("a parameter request has at least one code, of 0 to 255 each");
            }
        }
    }

    /** Why a server does not lend, in a sentence. */
    record Reason(String text) implements Dhcp4Option {}

    /** T1: when to ask the same server for more time. */
    record RenewalTime(long seconds) implements Dhcp4Option {

        /** Checks the range. */
        public RenewalTime {
            checkTime(seconds);
        }
    }

    /** T2: when to ask any server. */
    record RebindingTime(long seconds) implements Dhcp4Option {

        /** Checks the range. */
        public RebindingTime {
            checkTime(seconds);
        }
    }

    /** Who the client is, at least one octet. */
    record ClientId(Octets id) implements Dhcp4Option {

        /** The type of an identifier that holds IAID and DUID (RFC 4361 section 6.1). */
        private static final int NODE_SPECIFIC = 255;

        /** Checks the length. */
        public ClientId {
            if (id.length() == 0) {
                throw new IllegalArgumentException("a client identifier has at least one octet");
            }
        }

        /** The identifier of the client that DHCPv6 knows by {@code duid} and {@code iaid}. */
        public static ClientId of(int iaid, Octets duid) {
            return new ClientId(Octets.of(
                    new OctetWriter().u8(NODE_SPECIFIC).u32(iaid).octets(duid).toBytes()));
        }

        /** IAID and DUID, if the identifier is made of them (RFC 4361 section 6.1). */
        public Optional<NodeId> node() {
            byte[] bytes = id.toBytes();
            int duid = bytes.length - 5;
            if (duid < OptionTable.SHORTEST_DUID
                    || duid > OptionTable.LONGEST_DUID
                    || (bytes[0] & 0xFF) != NODE_SPECIFIC) {
                return Optional.empty();
            }
            int iaid = (bytes[1] & 0xFF) << 24 | (bytes[2] & 0xFF) << 16 | (bytes[3] & 0xFF) << 8 | bytes[4] & 0xFF;
            return Optional.of(new NodeId(iaid, Octets.of(Arrays.copyOfRange(bytes, 5, bytes.length))));
        }
    }

    /** A client as DHCPv6 knows it. */
    record NodeId(int iaid, Octets duid) {}

    /** The client's end of the tunnel (RFC 8539 section 6.2). */
    record SoftwireSource(Ipv6Address address) implements Dhcp4Option {}

    /** The ports of a shared address (RFC 7618 section 9), on the wire like {@link Option.S46PortParams}. */
    record PortParams(PortSet ports) implements Dhcp4Option {}

    /** An option without a meaning here. */
    record Unknown(int code, Octets data) implements Dhcp4Option {

        /** Checks that an option can have this code. */
        public Unknown {
            if (code <= 0 || code >= 0xFF) {
                throw new IllegalArgumentException("option code " + code + " is not within 1 to 254");
            }
        }
    }

    private static void checkTime(long seconds) {
        if (seconds < 0 || seconds > Option.INFINITY) {
            throw new IllegalArgumentException("time " + seconds + " does not fit into 32 bits");
        }
    }
}
