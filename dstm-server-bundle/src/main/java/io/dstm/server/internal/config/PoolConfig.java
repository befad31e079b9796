package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.server.internal.pool.AddressSpans;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pool file as a value.
 *
 * @param name the pool's name: what stands behind {@code io.dstm.pool-} in the name of its file
 * @param ranges the addresses to lend
 * @param exclude addresses within {@code ranges} not to lend
 * @param tep the name of the TEP that forwards for this pool
 * @param psidLength k, how many bits of PSID share an address (RFC 7597 section 5.1); 0 lends whole addresses
 * @param psidOffset a, the PSID offset
 * @param systemPorts whether port sets with ports below 1024 are lent (RFC 7596 section 5.1 recommends not to)
 * @param bindPrefix the prefix a client's tunnel address is built from when it names none (RFC 7596 figure 3)
 * @param clients where a client's tunnel address, or else its link, must lie; empty admits everyone
 * @param priority pools with a higher number are used first
 * @param leaseTime in place of the server's
 * @param quarantineTime in place of the server's
 * @param renewal in place of the server's
 */
public record PoolConfig(
        String name,
        List<Ipv4Range> ranges,
        List<Ipv4Range> exclude,
        String tep,
        int psidLength,
        int psidOffset,
        boolean systemPorts,
        Optional<Ipv6Prefix> bindPrefix,
        List<Ipv6Prefix> clients,
        int priority,
        Optional<Duration> leaseTime,
        Optional<Duration> quarantineTime,
        Optional<RenewalPolicy> renewal) {

    /** The TEP a pool uses that names none. */
    public static final String DEFAULT_TEP = "tep";

    /** A longer prefix would overwrite bits of the IPv4 address, and two leases could share a tunnel address. */
    static final int LONGEST_BIND_PREFIX = 80;

    private static final int HIGHEST_PRIORITY = 1_000_000;

    /** Never lent: this network, loopback, link-local, the B4 addresses of RFC 7335, multicast and reserved. */
    private static final List<Ipv4Range> UNUSABLE = List.of(
            Ipv4Range.parse("0.0.0.0/8"),
            Ipv4Range.parse("127.0.0.0/8"),
            Ipv4Range.parse("169.254.0.0/16"),
            Ipv4Range.parse("192.0.0.0/29"),
            Ipv4Range.parse("224.0.0.0/3"));

    /** Keeps the lists unchangeable. */
    public PoolConfig {
        ranges = List.copyOf(ranges);
        exclude = List.copyOf(exclude);
        clients = List.copyOf(clients);
    }

    /**
     * Reads {@code io.dstm.pool-NAME}.
     *
     * @throws ConfigException naming every key that is wrong
     */
    public static PoolConfig read(String name, Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        PoolConfig config = new PoolConfig(
                name,
                reader.ipv4Ranges("ranges"),
                reader.ipv4Ranges("exclude"),
                reader.text("tep", DEFAULT_TEP),
                reader.number("psid.length", 0, 0, 16),
                reader.number("psid.offset", 0, 0, 15),
                reader.flag("system.ports", false),
                reader.ipv6Prefix("bind.prefix"),
                reader.list("clients", Ipv6Prefix::parse),
                reader.number("priority", 0, -HIGHEST_PRIORITY, HIGHEST_PRIORITY),
                override(reader, "lease.time", ServerConfig.SHORTEST_LEASE, ServerConfig.LONGEST_LEASE),
                override(reader, "quarantine.time", Duration.ZERO, ServerConfig.LONGEST_QUARANTINE),
                reader.text("renewal").isEmpty()
                        ? Optional.empty()
                        : Optional.of(reader.choice("renewal", RenewalPolicy.ACCEPT)));
        config.check(reader);
        reader.finish();
        return config;
    }

    private static Optional<Duration> override(ConfigReader reader, String key, Duration least, Duration most) {
        return reader.text(key).isEmpty() ? Optional.empty() : Optional.of(reader.duration(key, least, least, most));
    }

    private void check(ConfigReader reader) {
        if (ranges.isEmpty()) {
            reader.problem("ranges", "is required: addresses to lend, such as 192.0.2.0/24 or 192.0.2.10-192.0.2.99");
        }
        for (Ipv4Range range : ranges) {
            for (Ipv4Range unusable : UNUSABLE) {
                if (range.overlaps(unusable)) {
                    reader.problem("ranges", range + " reaches into " + unusable + ", which no host can have");
                }
            }
        }
        for (int i = 0; i < ranges.size(); i++) {
            for (int j = i + 1; j < ranges.size(); j++) {
                if (ranges.get(i).overlaps(ranges.get(j))) {
                    reader.problem("ranges", ranges.get(i) + " and " + ranges.get(j) + " overlap");
                }
            }
        }
        if (psidLength + psidOffset > 16) {
            reader.problem("psid.length", "and psid.offset together are more than the 16 bits of a port");
        } else if (!systemPorts && psidOffset > 6 && psidLength > 0) {
            reader.problem(
                    "psid.offset", "above 6 gives every port set ports below 1024; set system.ports=true to lend them");
        }
        bindPrefix
                .filter(prefix -> prefix.length() > LONGEST_BIND_PREFIX)
                .ifPresent(prefix -> reader.problem(
                        "bind.prefix",
                        prefix + " is longer than /" + LONGEST_BIND_PREFIX
                                + " and leaves no room for the IPv4 address"));
        if (!ranges.isEmpty() && spans().isEmpty()) {
            reader.problem("exclude", "leaves no address to lend");
        }
    }

    /** The addresses that are really lent: ranges without exclusions, sorted and merged. */
    public AddressSpans spans() {
        return AddressSpans.of(ranges).without(exclude);
    }
}
