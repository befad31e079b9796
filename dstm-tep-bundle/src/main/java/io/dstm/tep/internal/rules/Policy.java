package io.dstm.tep.internal.rules;

/**
 * Settings with the buckets that belong to them; shared by all packet threads.
 *
 * @param settings what the operator decided
 * @param icmpv4Errors limits ICMPv4 errors
 * @param icmpv6Errors limits ICMPv6 errors
 */
public record Policy(RulesSettings settings, RateLimit icmpv4Errors, RateLimit icmpv6Errors) {

    /** A policy with full buckets of {@code errorsPerSecond} each. */
    public static Policy of(RulesSettings settings, int errorsPerSecond) {
        return of(settings, errorsPerSecond, errorsPerSecond);
    }

    /** A policy with full buckets. */
    public static Policy of(RulesSettings settings, int icmpv4PerSecond, int icmpv6PerSecond) {
        return new Policy(settings, new RateLimit(icmpv4PerSecond), new RateLimit(icmpv6PerSecond));
    }
}
