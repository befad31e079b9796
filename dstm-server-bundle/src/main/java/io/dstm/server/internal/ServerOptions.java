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
            description =
                    "accept prolongs leases at their clients' wish, threshold does while less of the pool is used than"
                            + " renewal.threshold says, refuse lets them run out: accept, threshold or refuse")
    String renewal() default "accept";

    /** {@code renewal.threshold}. */
    @AttributeDefinition(
            description = "With renewal=threshold, below how many percent of use leases are prolonged: 1 to 100")
    int renewal_threshold() default 90;

    /** {@code lease.time.min}. */
    @AttributeDefinition(
            required = false,
            description = "What a client gets that would like a shorter lease: 10s to 365d; empty: lease.time")
    String lease_time_min() default "";

    /** {@code lease.time.max}. */
    @AttributeDefinition(
            required = false,
            description = "What a client gets that would like a longer lease: 10s to 365d; empty: lease.time")
    String lease_time_max() default "";

    /** {@code lease.time.total}. */
    @AttributeDefinition(description = "How long a lease lasts with all its renewals: up to 3650d; 0s: without end")
    String lease_time_total() default "0s";

    /** {@code renew.percent}. */
    @AttributeDefinition(description = "T1, when clients renew, in percent of the lease time: 1 to 100")
    int renew_percent() default 50;

    /** {@code rebind.percent}. */
    @AttributeDefinition(
            description =
                    "T2, when clients ask any server, in percent of the lease time, not below renew.percent: 1 to 100")
    int rebind_percent() default 80;

    /** {@code limit.per.client}. */
    @AttributeDefinition(
            description = "How many leases a client may have under all its identity associations; 0: any number")
    int limit_per_client() default 0;

    /** {@code limit.per.prefix}. */
    @AttributeDefinition(description = "How many leases may have their tunnels end in one IPv6 prefix; 0: any number")
    int limit_per_prefix() default 0;

    /** {@code limit.prefix.length}. */
    @AttributeDefinition(description = "How long the prefixes are that limit.per.prefix counts in: 16 to 128")
    int limit_prefix_length() default 56;

    /** {@code alarm.high}. */
    @AttributeDefinition(
            description = "From how many percent of use on a pool is reported as nearly full: 1 to 100; 0: never")
    int alarm_high() default 90;

    /** {@code alarm.low}. */
    @AttributeDefinition(description = "Below how many percent of use it is reported as having room again: 0 to 100")
    int alarm_low() default 80;

    /** {@code remember.time}. */
    @AttributeDefinition(
            description = "How long a free address is remembered for the client that had it last: 0s to 365d")
    String remember_time() default "7d";

    /** {@code remember.leases}. */
    @AttributeDefinition(
            description = "How many such addresses are remembered, about 250 bytes of memory each: 0 to 10000000")
    int remember_leases() default 100000;

    /** {@code trusted.relays}. */
    @AttributeDefinition(
            description = "How many relays are believed in what they say of a client, counted from the server: 0 to 32")
    int trusted_relays() default 1;
}
