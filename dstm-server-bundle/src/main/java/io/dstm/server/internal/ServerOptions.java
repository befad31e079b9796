package io.dstm.server.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Describes {@code io.dstm.server} to tools; the values are read by ServerConfig. */
@ObjectClassDefinition(
        name = "DSTM server",
        description = "How long leases last. What holds for every pool whose own file does not say otherwise.")
@interface ServerOptions {

    /** {@code lease.time}. */
    @AttributeDefinition(description = "How long a lease lasts from each grant: 10s to 365d")
    String lease_time() default "1h";

    /** {@code offer.time}. */
    @AttributeDefinition(description = "How long an address is held for a client it was advertised to: 1s to 10m")
    String offer_time() default "30s";

    /** {@code quarantine.time}. */
    @AttributeDefinition(
            description =
                    "How long an address rests after a lease before another client gets it: 0s to 30d. At least the TTL of"
                            + " DNS names that were given out for it")
    String quarantine_time() default "2m";

    /** {@code decline.time}. */
    @AttributeDefinition(
            description = "How long an address rests that a client found used by somebody else: 0s to 365d")
    String decline_time() default "1d";

    /** {@code renewal}. */
    @AttributeDefinition(
            description = "accept prolongs leases at their clients' wish, refuse lets them run out: accept or refuse")
    String renewal() default "accept";
}
