package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import java.time.Duration;
import java.util.Map;

/**
 * What holds for every pool that does not say otherwise.
 *
 * @param leaseTime how long a lease lasts from each grant, 10 s to 365 d
 * @param offerTime how long an advertised address is held for its client, 1 s to 10 min
 * @param quarantineTime how long a used address rests before another client may have it, 0 s to 30 d
 * @param declineTime how long an address rests that a client found in use, 0 s to 365 d
 * @param renewal whether leases are prolonged
 */
public record ServerConfig(
        Duration leaseTime, Duration offerTime, Duration quarantineTime, Duration declineTime, RenewalPolicy renewal) {

    /** What is in force where a file says nothing. */
    public static final ServerConfig DEFAULTS = new ServerConfig(
            Duration.ofHours(1),
            Duration.ofSeconds(30),
            Duration.ofMinutes(2),
            Duration.ofDays(1),
            RenewalPolicy.ACCEPT);

    static final Duration SHORTEST_LEASE = Duration.ofSeconds(10);
    static final Duration LONGEST_LEASE = Duration.ofDays(365);
    static final Duration LONGEST_QUARANTINE = Duration.ofDays(30);

    /**
     * Reads {@code io.dstm.server}.
     *
     * @throws ConfigException naming every key that is wrong
     */
    public static ServerConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        ServerConfig config = new ServerConfig(
                reader.duration("lease.time", DEFAULTS.leaseTime, SHORTEST_LEASE, LONGEST_LEASE),
                reader.duration("offer.time", DEFAULTS.offerTime, Duration.ofSeconds(1), Duration.ofMinutes(10)),
                reader.duration("quarantine.time", DEFAULTS.quarantineTime, Duration.ZERO, LONGEST_QUARANTINE),
                reader.duration("decline.time", DEFAULTS.declineTime, Duration.ZERO, LONGEST_LEASE),
                reader.choice("renewal", DEFAULTS.renewal));
        reader.finish();
        return config;
    }
}
