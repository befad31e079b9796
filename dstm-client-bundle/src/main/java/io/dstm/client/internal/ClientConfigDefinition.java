package io.dstm.client.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** Describes {@code etc/io.dstm.client.cfg} to tools; the values are read by the configuration record. */
@ObjectClassDefinition(
        name = "DSTM client",
        description = "Gives this IPv6-only node IPv4 while it needs it. Changes apply at once.")
public @interface ClientConfigDefinition {

    /** The 4over6 interface. */
    @AttributeDefinition(
            name = "Device",
            description = "Name of the 4over6 interface: 1 to 15 letters, digits, '_' or '-'.")
    String device() default "dstm0";

    /** Where leases come from. */
    @AttributeDefinition(name = "Source", description = "Protocol that leases come from: dhcpv6, dhcp4o6 or lw4o6.")
    String source() default "dhcpv6";

    /** Longest tunnelled packet. */
    @AttributeDefinition(
            name = "Tunnel MTU",
            description = "Longest IPv6 packet towards the TEP in bytes; the interface's MTU is 40 less.",
            min = "1280",
            max = "65535")
    int tunnel_mtu() default 1500;

    /** Idle time. */
    @AttributeDefinition(
            name = "Idle release",
            description = "The lease is given back after this time without a packet, such as 10m. 0s: never.")
    String idle_release() default "10m";

    /** Packet trigger. */
    @AttributeDefinition(
            name = "Packet trigger",
            description = "Whether an IPv4 packet that leaves without a lease asks for one.")
    boolean trigger_packet() default true;

    /** Patience. */
    @AttributeDefinition(
            name = "Demand timeout",
            description = "How long programs and packets wait for a lease, 1s to 10m.")
    String demand_timeout() default "20s";

    /** Queue. */
    @AttributeDefinition(
            name = "Waiting packets",
            description = "How many packets wait for a lease at most.",
            min = "0",
            max = "65536")
    int queue_packets() default 256;

    /** Metric. */
    @AttributeDefinition(
            name = "Route metric",
            description = "Metric of the IPv4 default route; lower wins.",
            min = "0",
            max = "4294967295")
    long route_metric() default 1024;

    /** Shared addresses. */
    @AttributeDefinition(
            name = "Local ports",
            description =
                    "Who keeps the node within the ports of a shared address. kernel: net.ipv4.ip_local_port_range"
                            + " becomes the set while the lease lasts, which all programs of the network namespace share, IPv6"
                            + " included. translate: the client translates ports. auto: kernel for a block of 1000 ports or more.",
            options = {@Option(value = "auto"), @Option(value = "kernel"), @Option(value = "translate")})
    String local_ports() default "auto";

    /** Outer hop limit. */
    @AttributeDefinition(
            name = "Outer hop limit",
            description = "Hop limit of the IPv6 packets to the TEP.",
            min = "1",
            max = "255")
    int outer_hop_limit() default 64;

    /** ECN. */
    @AttributeDefinition(
            name = "ECN",
            description =
                    "normal: routers on the way to the TEP can mark congestion, and it carries the marks over, as dstm-tep"
                            + " does. compatibility: for a TEP that does not (RFC 6040).",
            options = {@Option(value = "normal"), @Option(value = "compatibility")})
    String ecn() default "normal";

    /** 3/13. */
    @AttributeDefinition(
            name = "Prohibited answers",
            description = "Whether packets to another address or port than the lease's are answered with ICMPv4 3/13.")
    boolean prohibited_answers() default false;

    /** 1/5. */
    @AttributeDefinition(
            name = "Refused source",
            description =
                    "When the TEP says that a source address or port is not this node's: renew asks the server of the lease"
                            + " to prolong it, rebind asks any server, ignore does nothing. At most once a minute.",
            options = {@Option(value = "renew"), @Option(value = "rebind"), @Option(value = "ignore")})
    String refused_source() default "renew";

    /** Datapath. */
    @AttributeDefinition(
            name = "Datapath",
            description =
                    "tun: every packet meets the rules. auto: the kernel carries common packets of a whole address by itself,"
                            + " where that is possible. tc: the same, with a warning where it is not.",
            options = {@Option(value = "auto"), @Option(value = "tc"), @Option(value = "tun")})
    String datapath() default "tun";

    /** Batch. */
    @AttributeDefinition(
            name = "Batch",
            description = "How many packets one native call moves at most.",
            min = "1",
            max = "1024")
    int batch() default 64;
}
