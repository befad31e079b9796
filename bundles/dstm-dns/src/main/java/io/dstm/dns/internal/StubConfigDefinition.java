package io.dstm.dns.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** How operators see the stub's configuration. */
@ObjectClassDefinition(
        name = "DSTM DNS stub",
        description = "The node's stub resolver, which holds an IPv4-only answer back until the lease is configured.")
@interface StubConfigDefinition {

    @AttributeDefinition(name = "listen", description = "Addresses to answer on, comma-separated; no wildcard.")
    String listen() default StubConfig.DEFAULT_LISTEN;

    @AttributeDefinition(name = "port", description = "UDP and TCP port to answer on.", min = "1", max = "65535")
    int port() default StubConfig.DEFAULT_PORT;

    @AttributeDefinition(
            name = "upstream",
            description = "IPv6 addresses of the network's resolvers, comma-separated, tried in order.")
    String upstream();

    @AttributeDefinition(name = "timeout", description = "How long each upstream has to answer, 1s to 60s.")
    String timeout() default "3s";

    @AttributeDefinition(
            name = "hold.timeout",
            description =
                    "How long an IPv4-only answer waits for the lease before the program gets SERVFAIL, 1s to 120s.")
    String hold_timeout() default "15s";
}
