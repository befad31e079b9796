package io.dstm.dhcpv6.internal.server;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** How operators see the server's configuration. */
@ObjectClassDefinition(name = "DSTM DHCPv6 server", description = "Lends IPv4 addresses to nodes that ask over DHCPv6.")
@interface ServerConfigDefinition {

    @AttributeDefinition(
            name = "interfaces",
            description = "Names of the interfaces to listen on, comma-separated. They may appear later.")
    String interfaces();

    @AttributeDefinition(
            name = "rapid.commit",
            description = "Answer a Solicit that allows it with a lease at once, which saves a node a second or more.")
    boolean rapid_commit() default true;

    @AttributeDefinition(
            name = "preference",
            description = "What Advertises say of this server; nodes take the highest, 255 at once.",
            min = "0",
            max = "255")
    int preference() default 0;

    @AttributeDefinition(
            name = "dhcp4o6",
            description = "Answer DHCPv4 inside DHCPv6 (RFC 7341), and tell clients that ask for option 88 so.")
    boolean dhcp4o6() default true;

    @AttributeDefinition(
            name = "dhcp4o6.server.id",
            description = "IPv4 address that tells this DHCP 4o6 server from others of the same link; never sent to.")
    String dhcp4o6_server_id() default "192.0.0.1";

    @AttributeDefinition(
            name = "reconfigure",
            description =
                    "Let clients that agree be called (Reconfigure, RFC 8415 section 18.3.11): dstm:call, dstm:withdraw.")
    boolean reconfigure() default true;

    @AttributeDefinition(
            name = "rate.client",
            description =
                    "Messages a second that one client may send in the long run, twice as many at once; 0 for any number.",
            min = "0",
            max = "1000000")
    int rate_client() default 20;

    @AttributeDefinition(
            name = "rate.link",
            description =
                    "Messages a second that the clients of one link, or of one interface of a relay, may send together;"
                            + " 0 for any number.",
            min = "0",
            max = "1000000")
    int rate_link() default 0;

    @AttributeDefinition(
            name = "leasequery.clients",
            description =
                    "IPv6 prefixes of those who may ask which leases there are (RFC 5007, RFC 5460), comma-separated;"
                            + " nobody without it.",
            required = false)
    String leasequery_clients() default "";

    @AttributeDefinition(
            name = "leasequery.connections",
            description = "How many may ask over TCP at once.",
            min = "1",
            max = "100")
    int leasequery_connections() default 10;

    @AttributeDefinition(
            name = "option.ia.dstm",
            description = "Code of the IA_DSTM option, the same as in the nodes.",
            min = "1",
            max = "65535")
    int option_ia_dstm() default 65281;

    @AttributeDefinition(
            name = "option.dstm.tep",
            description = "Code of the DSTM_TEP option, the same as in the nodes.",
            min = "1",
            max = "65535")
    int option_dstm_tep() default 65282;

    @AttributeDefinition(
            name = "option.dstm.ports",
            description = "Code of the DSTM_PORTS option, the same as in the nodes.",
            min = "1",
            max = "65535")
    int option_dstm_ports() default 65283;
}
