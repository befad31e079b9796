package io.dstm.server.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Describes {@code io.dstm.ipv6-NAME} to tools; the values are read by Ipv6PoolConfig. */
@ObjectClassDefinition(
        name = "DSTM IPv6 pool",
        description = "IPv6 addresses and prefixes to lend over DHCPv6 on some links, and what clients there are told."
                + " The name is the end of the name of the file.")
@interface Ipv6PoolOptions {

    /** {@code interfaces}. */
    @AttributeDefinition(
            required = false,
            description = "The server's interfaces whose links are served, comma-separated; this or links is required")
    String interfaces() default "";

    /** {@code links}. */
    @AttributeDefinition(
            required = false,
            description =
                    "IPv6 prefixes of the links that are served: those that relays' link-addresses are in, and all"
                            + " that belong on the link besides addresses, so that Confirm is answered rightly")
    String links() default "";

    /** {@code addresses}. */
    @AttributeDefinition(
            required = false,
            description = "What IA_NA get, comma-separated: 2001:db8:1::/64, 2001:db8:1::100-2001:db8:1::1ff")
    String addresses() default "";

    /** {@code prefixes}. */
    @AttributeDefinition(required = false, description = "What IA_PD get parts of: 2001:db8:8000::/36")
    String prefixes() default "";

    /** {@code exclude}. */
    @AttributeDefinition(
            required = false,
            description = "What of addresses and prefixes nobody gets: ranges, prefixes and addresses")
    String exclude() default "";

    /** {@code delegated.length}. */
    @AttributeDefinition(description = "The length of a delegated prefix if the client does not say: 1 to 64")
    int delegated_length() default 56;

    /** {@code delegated.length.shortest}. */
    @AttributeDefinition(
            required = false,
            description = "The least length that a client's hint can get it; without, delegated.length: 1 to 64")
    String delegated_length_shortest() default "";

    /** {@code delegated.length.longest}. */
    @AttributeDefinition(
            required = false,
            description = "The greatest length that a client's hint can get it; without, delegated.length: 1 to 64")
    String delegated_length_longest() default "";

    /** {@code reservations}. */
    @AttributeDefinition(
            required = false,
            description =
                    "What certain clients get: DUID in hexadecimal, '=', and an address or a prefix, comma-separated")
    String reservations() default "";

    /** {@code preferred.lifetime}. */
    @AttributeDefinition(description = "How long leases are preferred from each grant: 10s to 3650d")
    String preferred_lifetime() default "1h";

    /** {@code valid.lifetime}. */
    @AttributeDefinition(description = "How long leases last from each grant: 10s to 3650d")
    String valid_lifetime() default "2h";

    /** {@code t1}. */
    @AttributeDefinition(
            required = false,
            description = "When clients ask to prolong; without, half of preferred.lifetime: 1s to 3650d")
    String t1() default "";

    /** {@code t2}. */
    @AttributeDefinition(
            required = false,
            description = "When clients ask any server to prolong; without, 0.8 of preferred.lifetime: 1s to 3650d")
    String t2() default "";

    /** {@code decline.time}. */
    @AttributeDefinition(description = "How long an address rests that a client found in use: 1s to 3650d")
    String decline_time() default "1d";

    /** {@code leases.per.client}. */
    @AttributeDefinition(description = "How many addresses and prefixes one client may have: 1 to 65536")
    int leases_per_client() default 16;

    /** {@code leases.max}. */
    @AttributeDefinition(description = "How many leases there may be at once, whoever has them: 1 to 10000000")
    int leases_max() default 100_000;

    /** {@code dns.servers}. */
    @AttributeDefinition(required = false, description = "Recursive resolvers, best first, comma-separated (RFC 3646)")
    String dns_servers() default "";

    /** {@code dns.search}. */
    @AttributeDefinition(required = false, description = "Search list, comma-separated (RFC 3646)")
    String dns_search() default "";

    /** {@code ntp.servers}. */
    @AttributeDefinition(required = false, description = "Time servers, addresses or names, comma-separated (RFC 5908)")
    String ntp_servers() default "";

    /** {@code aftr.name}. */
    @AttributeDefinition(
            required = false,
            description = "Name of the tunnel end point, for clients that find theirs by name (RFC 6334, RFC 7040)")
    String aftr_name() default "";

    /** {@code information.refresh.time}. */
    @AttributeDefinition(
            required = false,
            description = "When clients without a lease ask again (RFC 8415 section 21.23): 600s to 3650d")
    String information_refresh_time() default "";

    /** {@code sol.max.rt}. */
    @AttributeDefinition(
            required = false,
            description = "Longest time between a client's Solicits (RFC 8415 section 21.24): 60s to 1d")
    String sol_max_rt() default "";

    /** {@code inf.max.rt}. */
    @AttributeDefinition(
            required = false,
            description = "Longest time between a client's Information-requests (RFC 8415 section 21.25): 60s to 1d")
    String inf_max_rt() default "";
}
