package io.dstm.tep.internal.control;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.tep.internal.rules.RulesSettings;
import java.util.List;
import java.util.Map;

/**
 * The configuration of a TEP, {@code etc/io.dstm.tep.cfg}.
 *
 * @param name the name by which pools refer to it
 * @param tunnelAddress the IPv6 address clients tunnel to
 * @param device the IPv4 device it makes
 * @param ipv4Address source of its ICMPv4 messages
 * @param tunnelMtu longest IPv6 packet it sends, in bytes
 * @param hairpinning whether clients reach each other
 * @param icmpv4Errors whether it sends ICMPv4 errors
 * @param icmpv6Errors whether it sends ICMPv6 errors
 * @param icmpRate how many errors a second at most, of either family
 * @param incomingIcmp whether ICMP reaches clients
 * @param forwarding whether it switches on the kernel's IPv4 forwarding
 * @param batch how many packets one native call moves at most
 */
public record TepConfig(
        String name,
        Ipv6Address tunnelAddress,
        String device,
        Ipv4Address ipv4Address,
        int tunnelMtu,
        boolean hairpinning,
        boolean icmpv4Errors,
        boolean icmpv6Errors,
        int icmpRate,
        boolean incomingIcmp,
        boolean forwarding,
        int batch) {

    /** The PID. */
    public static final String PID = "io.dstm.tep";

    /** The kernel must give the rules every packet, however long, so that they can say what is wrong with it. */
    static final int DEVICE_MTU = 65535;

    /**
     * Reads what Config Admin has.
     *
     * @throws ConfigException with every problem
     */
    public static TepConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        TepConfig config = new TepConfig(
                reader.text("name", "tep"),
                reader.required("tunnel.address", Ipv6Address.UNSPECIFIED, TepConfig::tunnelAddress),
                reader.optional("device", TepConfig::device).orElse("dstm-tep"),
                reader.optional("ipv4.address", TepConfig::hostAddress).orElse(Ipv4Address.parse("192.0.0.1")),
                reader.number("tunnel.mtu", 1500, 1280, 65535),
                reader.flag("hairpinning", true),
                reader.flag("icmpv4.errors", true),
                reader.flag("icmpv6.errors", true),
                reader.number("icmp.rate", 1000, 0, 1_000_000),
                reader.flag("incoming.icmp", true),
                reader.flag("forwarding", true),
                reader.number("batch", 64, 1, 1024));
        reader.finish();
        return config;
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
        return new Datapath.Specification(device, DEVICE_MTU, List.of(tunnelAddress), batch);
    }

    /** With a kernel on the IPv4 side, which takes one off the TTL both ways and fragments what is too long for a link. */
    RulesSettings rules() {
        return new RulesSettings(
                tunnelAddress,
                ipv4Address,
                tunnelMtu,
                DEVICE_MTU,
                hairpinning,
                icmpv4Errors,
                icmpv6Errors,
                incomingIcmp,
                incomingIcmp,
                false,
                false);
    }

    /** Whether the server sees the same TEP under both configurations. */
    boolean isSameTep(TepConfig other) {
        return name.equals(other.name) && tunnelAddress.equals(other.tunnelAddress);
    }

    /** Whether the same tunnel serves both configurations. */
    boolean isSameTunnel(TepConfig other) {
        return specification().equals(other.specification());
    }
}
