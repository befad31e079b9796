package io.dstm.tep.internal.control;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.packet.Ipv6Header;
import io.dstm.tep.internal.rules.EchoLookup;
import io.dstm.tep.internal.rules.Hairpinning;
import io.dstm.tep.internal.rules.OuterHeader;
import io.dstm.tep.internal.rules.Policy;
import io.dstm.tep.internal.rules.ReassemblyLimits;
import io.dstm.tep.internal.rules.RulesSettings;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The configuration of a TEP, {@code etc/io.dstm.tep.cfg}.
 *
 * @param name the name by which pools refer to it
 * @param tunnelAddresses the IPv6 addresses clients tunnel to, the one that servers are told first
 * @param device the IPv4 device it makes
 * @param ipv4Address source of its ICMPv4 messages
 * @param tunnelMtu longest IPv6 packet it sends, in bytes
 * @param hairpin what becomes of packets from one client to another
 * @param icmpv4Errors whether it sends ICMPv4 errors
 * @param icmpv6Errors whether it sends ICMPv6 errors
 * @param icmpv4Rate how many ICMPv4 errors a second at most
 * @param icmpv6Rate how many ICMPv6 errors a second at most
 * @param incomingIcmp whether ICMP reaches clients
 * @param echo by which port inbound echo requests find their client
 * @param tcpMss largest TCP segment that hosts may ask for in bytes; 0 leaves them alone
 * @param portlessProtocols whether protocols without ports pass for full addresses
 * @param reassembly what reassembly may take
 * @param outer what outer headers say
 * @param forwarding whether it switches on the kernel's IPv4 forwarding
 * @param batch how many packets one native call moves at most
 * @param datapath whether common packets go round the rules
 * @param datapathDevices the devices for these; none for all that have an address
 * @param datapathKeep whether these are forwarded also while there is no process
 * @param datapathQueues how many threads move packets of each direction by TUN and raw sockets
 */
public record TepConfig(
        String name,
        List<Ipv6Address> tunnelAddresses,
        String device,
        Ipv4Address ipv4Address,
        int tunnelMtu,
        Hairpinning hairpin,
        boolean icmpv4Errors,
        boolean icmpv6Errors,
        int icmpv4Rate,
        int icmpv6Rate,
        boolean incomingIcmp,
        EchoLookup echo,
        int tcpMss,
        boolean portlessProtocols,
        ReassemblyLimits reassembly,
        OuterHeader outer,
        boolean forwarding,
        int batch,
        DatapathMode datapath,
        List<String> datapathDevices,
        boolean datapathKeep,
        int datapathQueues) {

    /** The PID. */
    public static final String PID = "io.dstm.tep";

    private static final int SMALLEST_MTU = 1280;
    /** Headers of IPv6, IPv4 and TCP, without options. */
    private static final int MSS_OVERHEAD = 80;
    /** What fits the smallest packet that IPv4 hosts must take (RFC 791), less is asked for by nobody in good faith. */
    private static final int SMALLEST_MSS = 536;

    private static final int DSCP = 0xFC;
    private static final int DSCP_AND_ECN = 0xFF;

    private static final int MOST_ADDRESSES = 64;
    private static final int MOST_MEMORY = 512 << 20;
    private static final int MOST_PACKETS = 100_000;
    private static final int MOST_FRAGMENTS = 256;
    private static final int MOST_QUEUES = 16;

    /** What outer headers say of ECN (RFC 6040 section 4.3). */
    private enum EcnMode {
        /** The inner field is copied. */
        NORMAL,
        /** The field stays empty. */
        COMPATIBILITY
    }

    /** The kernel must give the rules every packet, however long, so that they can say what is wrong with it. */
    static final int DEVICE_MTU = 65535;

    /**
     * Reads what Config Admin has.
     *
     * @throws ConfigException with every problem
     */
    public static TepConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        int tunnelMtu = reader.number("tunnel.mtu", 1500, SMALLEST_MTU, 65535);
        int icmpRate = reader.number("icmp.rate", 1000, 0, 1_000_000);
        TepConfig config = new TepConfig(
                reader.text("name", "tep"),
                tunnelAddresses(reader),
                reader.optional("device", TepConfig::device).orElse("dstm-tep"),
                reader.optional("ipv4.address", TepConfig::hostAddress).orElse(Ipv4Address.parse("192.0.0.1")),
                tunnelMtu,
                reader.choice("hairpinning", Hairpinning.TRUE),
                reader.flag("icmpv4.errors", true),
                reader.flag("icmpv6.errors", true),
                reader.number("icmpv4.rate", icmpRate, 0, 1_000_000),
                reader.number("icmpv6.rate", icmpRate, 0, 1_000_000),
                reader.flag("incoming.icmp", true),
                reader.choice("incoming.echo", EchoLookup.IDENTIFIER),
                reader.optional("tcp.mss", text -> tcpMss(text, tunnelMtu)).orElse(tunnelMtu - MSS_OVERHEAD),
                reader.flag("portless.protocols", true),
                new ReassemblyLimits(
                        reader.number("reassembly.memory", ReassemblyLimits.DEFAULT.bytes(), 0, MOST_MEMORY),
                        reader.number(
                                "reassembly.packets.per.source",
                                ReassemblyLimits.DEFAULT.packetsPerSource(),
                                1,
                                MOST_PACKETS),
                        reader.number(
                                "reassembly.fragments.per.packet",
                                ReassemblyLimits.DEFAULT.fragmentsPerPacket(),
                                1,
                                MOST_FRAGMENTS)),
                new OuterHeader(
                        reader.number("outer.hop.limit", OuterHeader.DEFAULT.hopLimit(), 1, 255),
                        reader.choice("ecn", EcnMode.NORMAL) == EcnMode.COMPATIBILITY),
                reader.flag("forwarding", true),
                reader.number("batch", 64, 1, 1024),
                reader.choice("datapath", DatapathMode.TUN),
                reader.list("datapath.devices", TepConfig::device),
                reader.flag("datapath.keep", false),
                reader.optional("datapath.queues", TepConfig::queues).orElse(1));
        reader.finish();
        return config;
    }

    private static List<Ipv6Address> tunnelAddresses(ConfigReader reader) {
        if (reader.text("tunnel.address").isEmpty()) {
            return List.of(reader.required("tunnel.address", Ipv6Address.UNSPECIFIED, TepConfig::tunnelAddress));
        }
        List<Ipv6Address> addresses = reader.list("tunnel.address", TepConfig::tunnelAddress);
        if (addresses.size() > MOST_ADDRESSES || Set.copyOf(addresses).size() < addresses.size()) {
            reader.problem("tunnel.address", "must be at most " + MOST_ADDRESSES + " different addresses");
        }
        // Where none is valid, each has been reported.
        return addresses.isEmpty() ? List.of(Ipv6Address.UNSPECIFIED) : List.copyOf(addresses);
    }

    private static int tcpMss(String text, int tunnelMtu) {
        if (text.equals("auto")) {
            return tunnelMtu - MSS_OVERHEAD;
        }
        if (text.equals("off")) {
            return 0;
        }
        int mss = text.matches("[0-9]{1,5}") ? Integer.parseInt(text) : 0;
        if (mss < SMALLEST_MSS || mss > 65535) {
            throw new IllegalArgumentException("'" + text + "' is none of auto, off and " + SMALLEST_MSS + " to 65535");
        }
        return mss;
    }

    private static int queues(String text) {
        if (text.equals("auto")) {
            return Math.min(MOST_QUEUES, Runtime.getRuntime().availableProcessors());
        }
        int queues = text.matches("[0-9]{1,2}") ? Integer.parseInt(text) : 0;
        if (queues < 1 || queues > MOST_QUEUES) {
            throw new IllegalArgumentException("'" + text + "' is neither auto nor 1 to " + MOST_QUEUES);
        }
        return queues;
    }

    private static Ipv6Address tunnelAddress(String text) {
        Ipv6Address address = Ipv6Address.parse(text);
        if (!address.isRoutableUnicast()) {
            throw new IllegalArgumentException(address + " cannot be reached by clients: use a global unicast address");
        }
        return address;
    }

    private static String device(String text) {
        return new Datapath.Specification(text, DEVICE_MTU, List.of(), 1).device();
    }

    private static Ipv4Address hostAddress(String text) {
        Ipv4Address address = Ipv4Address.parse(text);
        if (address.isMulticast()
                || address.isLoopback()
                || address.value() >>> 24 == 0
                || address.value() >>> 28 == 0xF) {
            throw new IllegalArgumentException(address + " cannot be the source of a packet");
        }
        return address;
    }

    Datapath.Specification specification() {
        return new Datapath.Specification(device, DEVICE_MTU, tunnelAddresses, batch, longestPacket(), datapathQueues);
    }

    /** Longest IPv4 packet of a client in bytes: what is longer was joined from several on its way. */
    int longestPacket() {
        return tunnelMtu - Ipv6Header.LENGTH;
    }

    /** With a kernel on the IPv4 side, which takes one off the TTL both ways and fragments what is too long for a link. */
    RulesSettings rules() {
        return new RulesSettings(
                tunnelAddress(),
                tunnelAddresses.subList(1, tunnelAddresses.size()),
                ipv4Address,
                tunnelMtu,
                DEVICE_MTU,
                hairpin,
                icmpv4Errors,
                icmpv6Errors,
                incomingIcmp,
                incomingIcmp,
                echo,
                false,
                false,
                tcpMss,
                portlessProtocols,
                reassembly,
                outer);
    }

    /** The same for packets that go round the rules. */
    FastPath.Settings fastPathSettings() {
        return new FastPath.Settings(
                ipv4Address, tunnelMtu, tcpMss, outer.hopLimit(), outer.compatible() ? DSCP : DSCP_AND_ECN);
    }

    Policy policy() {
        return Policy.of(rules(), icmpv4Rate, icmpv6Rate);
    }

    /** The tunnel address that servers are told. */
    public Ipv6Address tunnelAddress() {
        return tunnelAddresses.get(0);
    }

    /** Whether the server sees the same TEP under both configurations. */
    boolean isSameTep(TepConfig other) {
        return name.equals(other.name) && tunnelAddress().equals(other.tunnelAddress());
    }

    /** Whether the same tunnel serves both configurations. */
    boolean isSameTunnel(TepConfig other) {
        return device.equals(other.device)
                && tunnelAddresses.equals(other.tunnelAddresses)
                && batch == other.batch
                && datapathQueues == other.datapathQueues;
    }
}
