package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import java.time.Duration;
import java.util.Map;

/**
 * What holds for the server as a whole, and for every pool that does not say otherwise.
 *
 * @param terms what holds for every pool that does not say otherwise
 * @param offerTime how long an advertised address is held for its client, 1 s to 10 min
 * @param declineTime how long an address rests that a client found in use, 0 s to 365 d
 * @param rememberTime how long a free address is remembered for the client that had it last, 0 s to 365 d
 * @param rememberLeases how many such addresses are remembered, those that ended last
 * @param limitPrefixLength how long the prefixes are that {@code limit.per.prefix} counts in, 16 to 128
 * @param trustedRelays how many relays are believed, counted from the server, 0 to 32
 */
public record ServerConfig(
        Terms terms,
        Duration offerTime,
        Duration declineTime,
        Duration rememberTime,
        int rememberLeases,
        int limitPrefixLength,
        int trustedRelays) {

    /** What is in force where a file says nothing. */
    public static final ServerConfig DEFAULTS = new ServerConfig(
            Terms.DEFAULTS, Duration.ofSeconds(30), Duration.ofDays(1), Duration.ofDays(7), 100_000, 56, 1);

    private static final int MOST_REMEMBERED = 10_000_000;

    /** RFC 8415 section 7.6: HOP_COUNT_LIMIT is 8; older relays know 32. */
    private static final int MOST_RELAYS = 32;

    /**
     * Reads {@code io.dstm.server}.
     *
     * @throws ConfigException naming every key that is wrong
     */
    public static ServerConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        TermChanges changes = TermChanges.read(reader);
        ServerConfig config = new ServerConfig(
                changes.over(Terms.DEFAULTS),
                reader.duration("offer.time", DEFAULTS.offerTime, Duration.ofSeconds(1), Duration.ofMinutes(10)),
                reader.duration("decline.time", DEFAULTS.declineTime, Duration.ZERO, TermChanges.LONGEST_LEASE),
                reader.duration("remember.time", DEFAULTS.rememberTime, Duration.ZERO, TermChanges.LONGEST_LEASE),
                reader.number("remember.leases", DEFAULTS.rememberLeases, 0, MOST_REMEMBERED),
                reader.number("limit.prefix.length", DEFAULTS.limitPrefixLength, 16, 128),
                reader.number("trusted.relays", DEFAULTS.trustedRelays, 0, MOST_RELAYS));
        changes.contradictions(Terms.DEFAULTS)
                .forEach(contradiction -> reader.problem(contradiction.key(), contradiction.reason()));
        reader.finish();
        return config;
    }
}
