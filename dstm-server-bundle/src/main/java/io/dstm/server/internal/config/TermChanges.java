package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReader;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What one file says of {@link Terms}; what it leaves out is empty. A file that gives {@code lease.time} and neither bound of it
 * means leases of just that time, whatever other files say.
 *
 * @param leaseTime {@code lease.time}
 * @param leaseTimeMin {@code lease.time.min}
 * @param leaseTimeMax {@code lease.time.max}
 * @param leaseTimeTotal {@code lease.time.total}
 * @param renewPercent {@code renew.percent}
 * @param rebindPercent {@code rebind.percent}
 * @param quarantineTime {@code quarantine.time}
 * @param renewal {@code renewal}
 * @param renewalThreshold {@code renewal.threshold}
 * @param limitPerClient {@code limit.per.client}
 * @param limitPerPrefix {@code limit.per.prefix}
 * @param alarmHigh {@code alarm.high}
 * @param alarmLow {@code alarm.low}
 */
public record TermChanges(
        Optional<Duration> leaseTime,
        Optional<Duration> leaseTimeMin,
        Optional<Duration> leaseTimeMax,
        Optional<Duration> leaseTimeTotal,
        Optional<Integer> renewPercent,
        Optional<Integer> rebindPercent,
        Optional<Duration> quarantineTime,
        Optional<RenewalPolicy> renewal,
        Optional<Integer> renewalThreshold,
        Optional<Integer> limitPerClient,
        Optional<Integer> limitPerPrefix,
        Optional<Integer> alarmHigh,
        Optional<Integer> alarmLow) {

    static final Duration SHORTEST_LEASE = Duration.ofSeconds(10);
    static final Duration LONGEST_LEASE = Duration.ofDays(365);
    static final Duration LONGEST_QUARANTINE = Duration.ofDays(30);
    private static final int LARGEST_LIMIT = 1_000_000_000;

    /** Reads every key of terms. */
    static TermChanges read(ConfigReader reader) {
        return new TermChanges(
                time(reader, "lease.time", SHORTEST_LEASE, LONGEST_LEASE),
                time(reader, "lease.time.min", SHORTEST_LEASE, LONGEST_LEASE),
                time(reader, "lease.time.max", SHORTEST_LEASE, LONGEST_LEASE),
                time(reader, "lease.time.total", Duration.ZERO, LONGEST_LEASE.multipliedBy(10)),
                number(reader, "renew.percent", 1, 100),
                number(reader, "rebind.percent", 1, 100),
                time(reader, "quarantine.time", Duration.ZERO, LONGEST_QUARANTINE),
                reader.text("renewal").isEmpty()
                        ? Optional.empty()
                        : Optional.of(reader.choice("renewal", RenewalPolicy.ACCEPT)),
                number(reader, "renewal.threshold", 1, 100),
                number(reader, "limit.per.client", 0, LARGEST_LIMIT),
                number(reader, "limit.per.prefix", 0, LARGEST_LIMIT),
                number(reader, "alarm.high", 0, 100),
                number(reader, "alarm.low", 0, 100));
    }

    private static Optional<Duration> time(ConfigReader reader, String key, Duration least, Duration most) {
        return reader.text(key).isEmpty() ? Optional.empty() : Optional.of(reader.duration(key, least, least, most));
    }

    private static Optional<Integer> number(ConfigReader reader, String key, int least, int most) {
        return reader.text(key).isEmpty() ? Optional.empty() : Optional.of(reader.number(key, least, least, most));
    }

    /** The terms that follow where {@code base} holds otherwise; always free of contradictions. */
    public Terms over(Terms base) {
        Duration time = leaseTime.orElse(base.leaseTime());
        Duration min = leaseTimeMin.orElse(leaseTime.isPresent() ? time : base.leaseTimeMin());
        Duration max = leaseTimeMax.orElse(leaseTime.isPresent() ? time : base.leaseTimeMax());
        int renew = renewPercent.orElse(base.renewPercent());
        int high = alarmHigh.orElse(base.alarmHigh());
        return new Terms(
                time,
                min.compareTo(time) < 0 ? min : time,
                max.compareTo(time) > 0 ? max : time,
                leaseTimeTotal.orElse(base.leaseTimeTotal()),
                renew,
                Math.max(renew, rebindPercent.orElse(base.rebindPercent())),
                quarantineTime.orElse(base.quarantineTime()),
                renewal.orElse(base.renewal()),
                renewalThreshold.orElse(base.renewalThreshold()),
                limitPerClient.orElse(base.limitPerClient()),
                limitPerPrefix.orElse(base.limitPerPrefix()),
                high,
                Math.min(high, alarmLow.orElse(base.alarmLow())));
    }

    /**
     * Where two of these values contradict each other.
     *
     * @param base what holds for what this file leaves out; {@code null} to look at this file alone
     */
    List<ConfigProblem> contradictions(@Nullable Terms base) {
        List<ConfigProblem> problems = new ArrayList<>();
        Function<Function<Terms, Duration>, @Nullable Duration> from = part -> base == null ? null : part.apply(base);
        Side<Duration> time = new Side<>("lease.time", leaseTime.orElse(from.apply(Terms::leaseTime)), leaseTime);
        boolean ownBounds = leaseTime.isPresent();
        Side<Duration> min = new Side<>(
                "lease.time.min",
                leaseTimeMin.orElse(ownBounds ? null : from.apply(Terms::leaseTimeMin)),
                leaseTimeMin);
        Side<Duration> max = new Side<>(
                "lease.time.max",
                leaseTimeMax.orElse(ownBounds ? null : from.apply(Terms::leaseTimeMax)),
                leaseTimeMax);
        Side<Duration> total = new Side<>(
                "lease.time.total",
                leaseTimeTotal
                        .or(() -> Optional.ofNullable(from.apply(Terms::leaseTimeTotal)))
                        .filter(given -> !given.isZero())
                        .orElse(null),
                leaseTimeTotal);
        order(min, time, problems);
        order(time, max, problems);
        order(min, max, problems);
        order(time, total, problems);
        order(
                new Side<>(
                        "renew.percent", renewPercent.orElse(base == null ? null : base.renewPercent()), renewPercent),
                new Side<>(
                        "rebind.percent",
                        rebindPercent.orElse(base == null ? null : base.rebindPercent()),
                        rebindPercent),
                problems);
        order(
                new Side<>("alarm.low", alarmLow.orElse(base == null ? null : base.alarmLow()), alarmLow),
                new Side<>(
                        "alarm.high",
                        alarmHigh
                                .or(() -> Optional.ofNullable(base == null ? null : base.alarmHigh()))
                                .filter(percent -> percent > 0)
                                .orElse(null),
                        alarmHigh),
                problems);
        return problems;
    }

    /** One value: what it is, given by this file or by the base. */
    private record Side<T extends Comparable<T>>(
            String key, @Nullable T value, Optional<T> own) {}

    private static <T extends Comparable<T>> void order(Side<T> low, Side<T> high, List<ConfigProblem> problems) {
        T less = low.value;
        T more = high.value;
        if (less == null || more == null || less.compareTo(more) <= 0 || low.own.isEmpty() && high.own.isEmpty()) {
            return;
        }
        if (low.own.isPresent()) {
            problems.add(
                    new ConfigProblem(low.key, spelt(less) + " is above " + high.key + ", which is " + spelt(more)));
        } else {
            problems.add(
                    new ConfigProblem(high.key, spelt(more) + " is below " + low.key + ", which is " + spelt(less)));
        }
    }

    private static String spelt(Object value) {
        return value instanceof Duration time ? time.toSeconds() + "s" : value + "%";
    }
}
