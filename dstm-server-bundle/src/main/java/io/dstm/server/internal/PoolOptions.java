package io.dstm.server.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Describes {@code io.dstm.pool-NAME} to tools; the values are read by PoolConfig. */
@ObjectClassDefinition(
        name = "DSTM pool",
        description = "IPv4 addresses to lend, and to whom. The name of the pool is the end of the name of its file.")
@interface PoolOptions {

    /** {@code ranges}. */
    @AttributeDefinition(
            description =
                    "The addresses to lend, comma-separated: 192.0.2.0/24, 198.51.100.10-198.51.100.99, 203.0.113.7")
    String ranges();

    /** {@code exclude}. */
    @AttributeDefinition(required = false, description = "Addresses within the ranges not to lend, written alike")
    String exclude() default "";

    /** {@code tep}. */
    @AttributeDefinition(description = "The name of the TEP that forwards for these addresses")
    String tep() default "tep";

    /** {@code psid.length}. */
    @AttributeDefinition(
            description =
                    "k: every address is shared by 2^k clients, each with a port set (RFC 7597); 0 lends whole addresses: 0 to 16")
    int psid_length() default 0;

    /** {@code psid.offset}. */
    @AttributeDefinition(
            description = "a: 0 makes port sets of one block each (RFC 7596), 1 to 15 spreads them: 0 to 15")
    int psid_offset() default 0;

    /** {@code system.ports}. */
    @AttributeDefinition(description = "Whether port sets with ports below 1024 are lent too: true or false")
    boolean system_ports() default false;

    /** {@code bind.prefix}. */
    @AttributeDefinition(
            required = false,
            description =
                    "IPv6 prefix, up to /80, of which the tunnel address of a client is made that names none (RFC 7596 figure 3)")
    String bind_prefix() default "";

    /** {@code drain}. */
    @AttributeDefinition(
            description =
                    "Whether the pool lends and prolongs nothing, so that its leases end by and by: true or false")
    boolean drain() default false;

    /** {@code clients}. */
    @AttributeDefinition(
            required = false,
            description =
                    "IPv6 prefixes, comma-separated: only clients that tunnel from there are served; empty serves all")
    String clients() default "";

    /** {@code priority}. */
    @AttributeDefinition(description = "Pools with a higher number are used first: -1000000 to 1000000")
    int priority() default 0;

    /** {@code lease.time}. */
    @AttributeDefinition(required = false, description = "In place of the server's lease.time")
    String lease_time() default "";

    /** {@code quarantine.time}. */
    @AttributeDefinition(required = false, description = "In place of the server's quarantine.time")
    String quarantine_time() default "";

    /** {@code renewal}. */
    @AttributeDefinition(required = false, description = "In place of the server's renewal")
    String renewal() default "";

    /** {@code renewal.threshold}. */
    @AttributeDefinition(required = false, description = "In place of the server's renewal.threshold")
    String renewal_threshold() default "";

    /** {@code lease.time.min}. */
    @AttributeDefinition(required = false, description = "In place of the server's lease.time.min")
    String lease_time_min() default "";

    /** {@code lease.time.max}. */
    @AttributeDefinition(required = false, description = "In place of the server's lease.time.max")
    String lease_time_max() default "";

    /** {@code lease.time.total}. */
    @AttributeDefinition(required = false, description = "In place of the server's lease.time.total")
    String lease_time_total() default "";

    /** {@code renew.percent}. */
    @AttributeDefinition(required = false, description = "In place of the server's renew.percent")
    String renew_percent() default "";

    /** {@code rebind.percent}. */
    @AttributeDefinition(required = false, description = "In place of the server's rebind.percent")
    String rebind_percent() default "";

    /** {@code limit.per.client}. */
    @AttributeDefinition(required = false, description = "In place of the server's limit.per.client")
    String limit_per_client() default "";

    /** {@code limit.per.prefix}. */
    @AttributeDefinition(required = false, description = "In place of the server's limit.per.prefix")
    String limit_per_prefix() default "";

    /** {@code alarm.high}. */
    @AttributeDefinition(required = false, description = "In place of the server's alarm.high")
    String alarm_high() default "";

    /** {@code alarm.low}. */
    @AttributeDefinition(required = false, description = "In place of the server's alarm.low")
    String alarm_low() default "";

    /** {@code reservations}. */
    @AttributeDefinition(
            required = false,
            description =
                    "What is lent to one client alone, comma-separated: address, # and PSID if it is a port set, space, duid:DIGITS[/IAID], hw:HARDWARE-ADDRESS or source:IPV6-ADDRESS")
    String reservations() default "";

    /** {@code allocator}. */
    @AttributeDefinition(
            description =
                    "Which free address is lent: hashed (by the client's identity), iterative (the next one) or random")
    String allocator() default "hashed";

    /** {@code links}. */
    @AttributeDefinition(
            required = false,
            description =
                    "IPv6 prefixes, comma-separated: only clients on links that relays, or the server's interface, have addresses in; empty: all")
    String links() default "";

    /** {@code interface.ids}. */
    @AttributeDefinition(
            required = false,
            description =
                    "Interface-Ids that relays say, comma-separated, with * at the end for all that begin so; empty: all")
    String interface_ids() default "";

    /** {@code remote.ids}. */
    @AttributeDefinition(
            required = false,
            description =
                    "Remote-IDs that relays say: enterprise number or *, colon, identifier as for interface.ids; empty: all")
    String remote_ids() default "";

    /** {@code subscriber.ids}. */
    @AttributeDefinition(
            required = false,
            description = "Subscriber-IDs that relays say, as for interface.ids; empty: all")
    String subscriber_ids() default "";
}
