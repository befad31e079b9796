package io.dstm.client.internal.engine;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import java.time.Duration;
import java.util.Map;

/**
 * The client's configuration, PID {@code io.dstm.client}.
 *
 * @param device name of the 4over6 interface
 * @param source name of the protocol that leases come from
 * @param tunnelMtu longest IPv6 packet towards the TEP in bytes; the interface gets 40 less
 * @param idleRelease how long without a packet until the lease is given back; zero for never
 * @param triggerPacket whether an IPv4 packet alone raises the need
 * @param demandTimeout how long a need waits for its lease
 * @param queuePackets how many packets wait for a lease at most
 * @param routeMetric metric of the default route
 * @param localPorts who keeps the node within a shared address's ports
 * @param hopLimit of the IPv6 packets to the TEP
 * @param ecn what these say of ECN
 * @param prohibitedAnswers whether what is not for this node is answered with ICMPv4 3/13
 * @param refusedSource what the TEP's word that a source is not this node's leads to
 * @param datapath whether common packets go round the rules
 * @param batch how many packets one native call moves at most
 */
public record ClientConfig(
        String device,
        String source,
        int tunnelMtu,
        Duration idleRelease,
        boolean triggerPacket,
        Duration demandTimeout,
        int queuePackets,
        long routeMetric,
        LocalPorts localPorts,
        int hopLimit,
        EcnMode ecn,
        boolean prohibitedAnswers,
        RefusedSource refusedSource,
        DatapathMode datapath,
        int batch) {

    /** The PID. */
    public static final String PID = "io.dstm.client";

    /** Bytes of the IPv6 header that every packet gets (RFC 2473 section 5). */
    public static final int OVERHEAD = 40;

    /** The shortest link MTU of IPv6 (RFC 8200 section 5). */
    private static final int LEAST_IPV6_MTU = 1280;

    /** What the outer headers say of ECN (RFC 6040 section 4.3). */
    public enum EcnMode {
        /** The inner field is copied. */
        NORMAL,
        /** The field stays empty, for a TEP that would not carry marks over. */
        COMPATIBILITY
    }

    /** What follows when the TEP says that a source address or port is not this node's (RFC 7596 section 5.1). */
    public enum RefusedSource {
        /** The server of the lease is asked to prolong it, and says if it is gone. */
        RENEW,
        /** Any server is asked. */
        REBIND,
        /** Nothing. */
        IGNORE
    }

    /** Whether common packets go round the rules. */
    public enum DatapathMode {
        /** Where that is possible. */
        AUTO,
        /** By programs for tc, with a warning where that is not possible. */
        TC,
        /** No packet does. */
        TUN
    }

    /** Who keeps the node's traffic within the ports of a shared address. */
    public enum LocalPorts {
        /** The kernel where the set is one block of at least {@link #KERNEL_FROM} ports, translation otherwise. */
        AUTO,
        /** The kernel's range of local ports becomes the set, where it is one block. */
        KERNEL,
        /** The kernel keeps its range; what lies outside the set is translated. */
        TRANSLATE;

        /** From how many ports on the kernel is asked: its range serves every destination and IPv6 as well. */
        public static final int KERNEL_FROM = 1000;
    }

    /**
     * Reads and checks the whole configuration.
     *
     * @throws ConfigException naming everything that is wrong
     */
    public static ClientConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        ClientConfig config = new ClientConfig(
                reader.text("device", "dstm0"),
                reader.text("source", "dhcpv6"),
                reader.number("tunnel.mtu", 1500, LEAST_IPV6_MTU, 65535),
                reader.duration("idle.release", Duration.ofMinutes(10), Duration.ZERO, Duration.ofDays(365)),
                reader.flag("trigger.packet", true),
                reader.duration(
                        "demand.timeout", Duration.ofSeconds(20), Duration.ofSeconds(1), Duration.ofMinutes(10)),
                reader.number("queue.packets", 256, 0, 65536),
                reader.longNumber("route.metric", 1024, 0, 0xFFFF_FFFFL),
                reader.choice("local.ports", LocalPorts.AUTO),
                reader.number("outer.hop.limit", 64, 1, 255),
                reader.choice("ecn", EcnMode.NORMAL),
                reader.flag("prohibited.answers", false),
                reader.choice("refused.source", RefusedSource.RENEW),
                reader.choice("datapath", DatapathMode.TUN),
                reader.number("batch", 64, 1, 1024));
        if (!config.device.matches("[A-Za-z0-9_-]{1,15}")) {
            reader.problem("device", "'" + config.device + "' must be 1 to 15 letters, digits, '_' or '-'");
        }
        reader.finish();
        return config;
    }

    /** The MTU of the 4over6 interface in bytes. */
    public int deviceMtu() {
        return tunnelMtu - OVERHEAD;
    }

    /** Whether {@code other} needs another device than this. */
    boolean opensAnotherDevice(ClientConfig other) {
        return !device.equals(other.device)
                || tunnelMtu != other.tunnelMtu
                || batch != other.batch
                || queuePackets != other.queuePackets
                || routeMetric != other.routeMetric
                || localPorts != other.localPorts
                || hopLimit != other.hopLimit
                || ecn != other.ecn
                || prohibitedAnswers != other.prohibitedAnswers;
    }
}
