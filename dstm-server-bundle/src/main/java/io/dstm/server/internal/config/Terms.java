package io.dstm.server.internal.config;

import java.time.Duration;
import java.util.Optional;

/**
 * On what terms addresses of a pool are lent. The server's file says what holds for every pool; a pool's file may say otherwise of
 * each.
 *
 * @param leaseTime how long a lease lasts from each grant if the client does not say what it would like
 * @param leaseTimeMin what a client gets that would like less
 * @param leaseTimeMax what a client gets that would like more
 * @param leaseTimeTotal how long a lease lasts with all its renewals; zero for without end
 * @param renewPercent T1 in percent of the lease time
 * @param rebindPercent T2 in percent of the lease time, not below T1
 * @param quarantineTime how long a used address rests before another client may have it
 * @param renewal whether leases are prolonged
 * @param renewalThreshold with {@link RenewalPolicy#THRESHOLD}, below how many percent of use they are
 * @param limitPerClient how many leases a client may have under all its identity associations; 0 for any number
 * @param limitPerPrefix how many leases may have their tunnels end in one prefix; 0 for any number
 * @param alarmHigh from how many percent of use on a pool is reported as nearly full; 0 for never
 * @param alarmLow below how many percent it is reported as relaxed again
 */
public record Terms(
        Duration leaseTime,
        Duration leaseTimeMin,
        Duration leaseTimeMax,
        Duration leaseTimeTotal,
        int renewPercent,
        int rebindPercent,
        Duration quarantineTime,
        RenewalPolicy renewal,
        int renewalThreshold,
        int limitPerClient,
        int limitPerPrefix,
        int alarmHigh,
        int alarmLow) {

    /** What is in force where no file says anything. T1 and T2 are those of RFC 8415 section 21.4. */
    public static final Terms DEFAULTS = new Terms(
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ZERO,
            50,
            80,
            Duration.ofMinutes(2),
            RenewalPolicy.ACCEPT,
            90,
            0,
            0,
            90,
            80);

    /** How long a lease lasts that a client asks for now, by what it would like. */
    public Duration leaseTime(Optional<Duration> wish) {
        Duration time = wish.orElse(leaseTime);
        return time.compareTo(leaseTimeMin) < 0 ? leaseTimeMin : time.compareTo(leaseTimeMax) > 0 ? leaseTimeMax : time;
    }
}
