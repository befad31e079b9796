package io.dstm.dhcpv6.internal.client;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** When a message is sent again by RFC 8415 section 15. */
final class Retransmission implements Schedule {

    /**
     * The parameters of RFC 8415 section 7.6.
     *
     * @param irt initial retransmission time
     * @param mrt maximum retransmission time; zero for none
     * @param mrc maximum number of transmissions; 0 for none
     */
    record Parameters(Duration irt, Duration mrt, int mrc) {

        static final Parameters SOLICIT = seconds(1, 3600, 0);
        static final Parameters REQUEST = seconds(1, 30, 10);
        static final Parameters RENEW = seconds(10, 600, 0);
        static final Parameters REBIND = seconds(10, 600, 0);
        static final Parameters RELEASE = seconds(1, 0, 4);
        static final Parameters DECLINE = seconds(1, 0, 4);
        static final Parameters INFORMATION_REQUEST = seconds(1, 3600, 0);

        private static Parameters seconds(int irt, int mrt, int mrc) {
            return new Parameters(Duration.ofSeconds(irt), Duration.ofSeconds(mrt), mrc);
        }

        /** The same with another limit, which a server may set for Solicit (RFC 8415 section 21.24). */
        Parameters withMrt(Duration newMrt) {
            return new Parameters(irt, newMrt, mrc);
        }
    }

    private static final double SPREAD = 0.1;

    private final Parameters parameters;
    private final RandomGenerator random;
    private final boolean firstLonger;
    private double previous;
    private int transmissions;

    /**
     * A schedule from its start.
     *
     * @param firstLonger whether the first time must be longer than IRT, as for Solicit (RFC 8415 section 18.2.1), so that a server
     *     has all of it to answer
     */
    Retransmission(Parameters parameters, RandomGenerator random, boolean firstLonger) {
        this.parameters = parameters;
        this.random = random;
        this.firstLonger = firstLonger;
    }

    @Override
    public boolean exhausted() {
        return parameters.mrc() != 0 && transmissions >= parameters.mrc();
    }

    @Override
    public Duration next() {
        double irt = parameters.irt().toNanos();
        double mrt = parameters.mrt().toNanos();
        double time;
        if (transmissions == 0) {
            time = irt + (firstLonger ? (1 - random.nextDouble()) * SPREAD : spread()) * irt;
        } else {
            time = 2 * previous + spread() * previous;
        }
        if (mrt != 0 && time > mrt) {
            time = mrt + spread() * mrt;
        }
        transmissions++;
        previous = time;
        return Duration.ofNanos((long) time);
    }

    /** RAND: evenly between -0.1 and 0.1. */
    private double spread() {
        return (2 * random.nextDouble() - 1) * SPREAD;
    }
}
