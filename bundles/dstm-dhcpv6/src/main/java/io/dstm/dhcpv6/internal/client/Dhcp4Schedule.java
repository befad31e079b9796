package io.dstm.dhcpv6.internal.client;

import java.time.Duration;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** When a DHCPv4 message is sent again, inside DHCPv6 as elsewhere (RFC 7341 section 9). */
final class Dhcp4Schedule implements Schedule {

    /** "The delay before the first retransmission SHOULD be 4 seconds", doubled each time up to 64 (RFC 2131 section 4.1). */
    private static final Duration FIRST = Duration.ofSeconds(4);

    private static final Duration LONGEST = Duration.ofSeconds(64);

    /** "randomized by the value of a uniform random number chosen from the range -1 to +1" seconds. */
    private static final long SPREAD = Duration.ofSeconds(1).toNanos();

    /** "down to a minimum of 60 seconds, before retransmitting the DHCPREQUEST message" (RFC 2131 section 4.4.5). */
    private static final Duration SHORTEST_WHILE_HELD = Duration.ofSeconds(60);

    private final Supplier<Duration> times;
    private final int most;
    private int transmissions;

    private Dhcp4Schedule(Supplier<Duration> times, int most) {
        this.times = times;
        this.most = most;
    }

    /**
     * The times of who has no lease yet.
     *
     * @param most how many transmissions there may be; 0 for any number
     */
    static Dhcp4Schedule backingOff(RandomGenerator random, int most) {
        return new Dhcp4Schedule(
                new Supplier<>() {
                    private Duration base = FIRST;

                    @Override
                    public Duration get() {
                        Duration time = base.plusNanos(random.nextLong(-SPREAD, SPREAD + 1));
                        base = base.compareTo(LONGEST) < 0 ? base.multipliedBy(2) : LONGEST;
                        return time;
                    }
                },
                most);
    }

    /**
     * The times of who has a lease: half of what is left until T2 while renewing, until its end while rebinding.
     *
     * @param left how long that is from now
     */
    static Dhcp4Schedule halving(Supplier<Duration> left) {
        return new Dhcp4Schedule(
                () -> {
                    Duration half = left.get().dividedBy(2);
                    return half.compareTo(SHORTEST_WHILE_HELD) < 0 ? SHORTEST_WHILE_HELD : half;
                },
                0);
    }

    @Override
    public boolean exhausted() {
        return most != 0 && transmissions >= most;
    }

    @Override
    public Duration next() {
        transmissions++;
        return times.get();
    }
}
