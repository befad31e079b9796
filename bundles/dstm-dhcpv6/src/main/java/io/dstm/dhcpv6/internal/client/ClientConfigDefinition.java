package io.dstm.dhcpv6.internal.client;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** How operators see the client's configuration. */
@ObjectClassDefinition(name = "DSTM DHCPv6 client", description = "Gets the node's IPv4 lease over DHCPv6.")
@interface ClientConfigDefinition {

    @AttributeDefinition(name = "interface", description = "Name of the interface to ask on. It may appear later.")
    String interface$();

    @AttributeDefinition(
            name = "rapid.commit",
            description = "Take a lease in the first answer where the server allows it, which saves a second or more.")
    boolean rapid_commit() default true;

    @AttributeDefinition(
            name = "tunnel.source",
            description = "IPv6 address to ask and tunnel from; without it the interface's best global address.",
            required = false)
    String tunnel_source() default "";

    @AttributeDefinition(
            name = "reconfigure",
            description = "Let the server call this client (Reconfigure): to renew at once, or to take a lease.")
    boolean reconfigure() default true;

    @AttributeDefinition(
            name = "first.delay",
            description = "The first question on a link is asked at random within this time, 0s to 1m.")
    String first_delay() default "0s";

    @AttributeDefinition(
            name = "option.ia.dstm",
            description = "Code of the IA_DSTM option, the same as in the server.",
            min = "1",
            max = "65535")
    int option_ia_dstm() default 65281;

    @AttributeDefinition(
            name = "option.dstm.tep",
            description = "Code of the DSTM_TEP option, the same as in the server.",
            min = "1",
            max = "65535")
    int option_dstm_tep() default 65282;

    @AttributeDefinition(
            name = "option.dstm.ports",
            description = "Code of the DSTM_PORTS option, the same as in the server.",
            min = "1",
            max = "65535")
    int option_dstm_ports() default 65283;
}
