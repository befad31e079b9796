package io.dstm.tep.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** Describes {@code etc/io.dstm.tep.cfg} to tools; the values are read by the configuration record. */
@ObjectClassDefinition(
        name = "DSTM TEP",
        description = "The tunnel end point: gives the nodes of an IPv6-only network their way into the IPv4 world."
                + " Changes apply at once; only a change of tunnel address, name, device or batch interrupts traffic.")
public @interface TepConfigDefinition {

    /** Name. */
    @AttributeDefinition(name = "Name", description = "The name by which pools refer to this TEP.")
    String name() default "tep";

    /** Tunnel address. */
    @AttributeDefinition(
            name = "Tunnel address",
            description =
                    "The IPv6 addresses that clients tunnel to, comma-separated. Interfaces of this machine must have them."
                            + " Servers are told the first; bindings may have any.")
    String tunnel_address();

    /** Device. */
    @AttributeDefinition(
            name = "Device",
            description = "Name of the IPv4 device to make: 1 to 15 letters, digits, '_', '.' or '-'.")
    String device() default "dstm-tep";

    /** IPv4 address. */
    @AttributeDefinition(
            name = "IPv4 address",
            description = "Source of the ICMP messages that the TEP sends to IPv4 hosts; it answers pings to it.")
    String ipv4_address() default "192.0.0.1";

    /** Tunnel MTU. */
    @AttributeDefinition(
            name = "Tunnel MTU",
            description = "Longest IPv6 packet towards clients in bytes; IPv4 packets may have 40 less.",
            min = "1280",
            max = "65535")
    int tunnel_mtu() default 1500;

    /** Hairpinning. */
    @AttributeDefinition(
            name = "Hairpinning",
            description =
                    "Packets from one client to another: true, they turn round in the TEP; false, they are dropped; outside,"
                            + " they leave on the IPv4 side like any other, for a router there to decide.",
            options = {@Option(value = "true"), @Option(value = "false"), @Option(value = "outside")})
    String hairpinning() default "true";

    /** ICMPv4 errors. */
    @AttributeDefinition(
            name = "ICMPv4 errors",
            description = "Whether the TEP says why it drops IPv4 packets. Off, path MTU discovery fails.")
    boolean icmpv4_errors() default true;

    /** ICMPv6 errors. */
    @AttributeDefinition(
            name = "ICMPv6 errors",
            description = "Whether the TEP tells clients that a source address or port is not theirs.")
    boolean icmpv6_errors() default true;

    /** Rate. */
    @AttributeDefinition(
            name = "ICMP rate",
            description = "How many errors a second the TEP sends at most, of ICMPv4 and of ICMPv6 each.",
            min = "0",
            max = "1000000")
    int icmp_rate() default 1000;

    /** Rate of ICMPv4. */
    @AttributeDefinition(
            name = "ICMPv4 rate",
            description = "The same for ICMPv4 alone; without it ICMP rate counts.",
            required = false)
    String icmpv4_rate() default "";

    /** Rate of ICMPv6. */
    @AttributeDefinition(
            name = "ICMPv6 rate",
            description = "The same for ICMPv6 alone; without it ICMP rate counts.",
            required = false)
    String icmpv6_rate() default "";

    /** TCP MSS. */
    @AttributeDefinition(
            name = "TCP MSS",
            description =
                    "Largest TCP segment that SYNs may ask for, in bytes: auto for what fits the tunnel MTU, off, or 536"
                            + " to 65535.")
    String tcp_mss() default "auto";

    /** Protocols without ports. */
    @AttributeDefinition(
            name = "Protocols without ports",
            description = "Whether ESP, GRE and others without ports pass for clients with a full address.")
    boolean portless_protocols() default true;

    /** Reassembly memory. */
    @AttributeDefinition(
            name = "Reassembly memory",
            description =
                    "Bytes of fragments that are kept at once, for each direction and family; 0 drops fragments to and from"
                            + " shared addresses.",
            min = "0",
            max = "536870912")
    int reassembly_memory() default 4194304;

    /** Reassembly of one source. */
    @AttributeDefinition(
            name = "Packets of a source",
            description = "How many packets of one source may wait for fragments.",
            min = "1",
            max = "100000")
    int reassembly_packets_per_source() default 64;

    /** Fragments. */
    @AttributeDefinition(
            name = "Fragments of a packet",
            description = "How many fragments a packet may have.",
            min = "1",
            max = "256")
    int reassembly_fragments_per_packet() default 64;

    /** Outer hop limit. */
    @AttributeDefinition(
            name = "Outer hop limit",
            description = "Hop limit of the IPv6 packets to clients.",
            min = "1",
            max = "255")
    int outer_hop_limit() default 64;

    /** ECN. */
    @AttributeDefinition(
            name = "ECN",
            description =
                    "normal: outer headers say what the packets inside say, so that routers on the way can mark congestion;"
                            + " clients must carry such marks over, as dstm-client and Linux do. compatibility: for clients that do"
                            + " not (RFC 6040).",
            options = {@Option(value = "normal"), @Option(value = "compatibility")})
    String ecn() default "normal";

    /** Datapath. */
    @AttributeDefinition(
            name = "Datapath",
            description =
                    "tun: every packet meets the rules. auto: common packets are forwarded by the kernel's network drivers"
                            + " (XDP) where that is possible, else in front of its network stack (tc), at many times the speed,"
                            + " without passing the kernel's firewall. xdp, tc: the same in that way alone, with a warning where it is"
                            + " not possible. af_xdp: every packet meets the rules, past the kernel's network stack.",
            options = {
                @Option(value = "tun"),
                @Option(value = "auto"),
                @Option(value = "xdp"),
                @Option(value = "tc"),
                @Option(value = "af_xdp")
            })
    String datapath() default "tun";

    /** Devices of the fast path. */
    @AttributeDefinition(
            name = "Devices of XDP and tc",
            description =
                    "The network devices between which common packets are forwarded so; none for every Ethernet device with an address.",
            required = false)
    String[] datapath_devices() default {};

    /** Whether the fast path outlives the process. */
    @AttributeDefinition(
            name = "Keep XDP or tc at work",
            description =
                    "Whether the kernel goes on forwarding while the appliance restarts or after it was killed, by the bindings it"
                            + " knows, until these end. Needs a BPF file system at /sys/fs/bpf.")
    boolean datapath_keep() default false;

    /** Queues. */
    @AttributeDefinition(
            name = "Queues",
            description =
                    "How many threads move packets of each direction by TUN and raw sockets, each with a queue of its own: 1 to 16, or"
                            + " auto for as many as there are processors. Each takes 13 MB.")
    String datapath_queues() default "1";

    /** Incoming ICMP. */
    @AttributeDefinition(
            name = "Incoming ICMP",
            description = "Whether ICMP reaches clients, and errors from inside the tunnel reach IPv4 hosts.")
    boolean incoming_icmp() default true;

    /** Incoming echo. */
    @AttributeDefinition(
            name = "Incoming echo",
            description =
                    "Which client of a shared address gets pings from outside: identifier, the one that holds the port of that"
                            + " number (RFC 7596); port-zero, the one that holds port 0, whatever the identifier.",
            options = {@Option(value = "identifier"), @Option(value = "port-zero")})
    String incoming_echo() default "identifier";

    /** Forwarding. */
    @AttributeDefinition(
            name = "Forwarding",
            description = "Whether the TEP switches on the kernel's IPv4 forwarding. It is left on at the end.")
    boolean forwarding() default true;

    /** Batch. */
    @AttributeDefinition(
            name = "Batch",
            description = "How many packets one native call moves at most.",
            min = "1",
            max = "1024")
    int batch() default 64;
}
