package io.dstm.dhcpv6.internal.client;

import io.dstm.dhcpv6.internal.client.ClientCore.Readiness;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.client.Timers.Timer;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A question that is sent until it is answered.
 *
 * <pre>
 *   begin --no configuration, identity or address--&gt; WAITING --1 s--&gt; begin
 *     | ready: fresh transaction id                      ^
 *     v                     link changed                 |
 *   transmit ----------------------------------------&gt; begin
 *     ^  | sent                                           |
 *     |  v                                                |
 *   timer ---- RT over, not exhausted ----&gt; transmit      |
 *     | exhausted or deadline: given up     answer ------&gt; end
 * </pre>
 */
abstract class Exchange {

    /** An address appears within seconds of the link; looking once a second costs nothing. */
    private static final Duration LINK_POLL = Duration.ofSeconds(1);

    /** With IRT = 1 s, this many transmissions are some 7 s of silence. */
    private static final int SUSPICIOUS = 4;

    private final ClientCore core;

    private @Nullable Timer timer;
    private @Nullable Ready ready;
    private @Nullable Schedule schedule;
    private int number;
    private int transmissions;
    private long started;
    private Instant startedAt = Instant.EPOCH;
    private boolean ended;

    Exchange(ClientCore core) {
        this.core = core;
    }

    /** Its timing, from the start. */
    abstract Schedule schedule();

    /** Makes answers find this exchange; returns the number by which they do. */
    abstract int enroll();

    /** Lets answers of that number find it no more. */
    abstract void leave(int oldNumber);

    /** Sends, for the first time or again. */
    abstract void send(Ready sender, int ownNumber, Duration sinceStart);

    /** What is sent, for the log. */
    abstract String question();

    /** Whether the exchange went on by itself when a time was over, instead of sending again. */
    boolean timeIsOver() {
        return false;
    }

    /** When there is no use in going on; {@link Instant#MAX} for never. */
    Instant deadline() {
        return Instant.MAX;
    }

    /** No answer came to as many transmissions as may be, or until the deadline. */
    abstract void givenUp();

    final ClientCore core() {
        return core;
    }

    /** Whom answers must be for. */
    final Octets duid() {
        Ready known = ready;
        return known == null ? Octets.NONE : known.duid();
    }

    /** How the message was sent; only once it was. */
    final Ready sentAs() {
        Ready known = ready;
        if (known == null) {
            throw new IllegalStateException("nothing was sent");
        }
        return known;
    }

    /** When it was sent first. */
    final Instant startedAt() {
        return startedAt;
    }

    /** Lets the present time be over {@code soon}, as for who collects answers. */
    final void hurry(Duration soon) {
        Schedule times = schedule;
        Timer running = timer;
        if (running != null && times != null) {
            running.cancel();
            waitFor(soon, () -> over(times));
        }
    }

    /** Starts, or starts over. */
    final void begin() {
        quiet();
        if (ended) {
            return;
        }
        Readiness readiness = core.readiness();
        if (readiness instanceof Readiness.No no) {
            core.waiting(no.reason());
            waitFor(LINK_POLL, this::beginOrGiveUp);
            return;
        }
        ready = ((Readiness.Yes) readiness).ready();
        schedule = schedule();
        transmissions = 0;
        number = enroll();
        Duration delay = core.firstDelay(sentAs(), mostFirstDelay());
        if (delay.isZero()) {
            start();
        } else {
            waitFor(delay, this::start);
        }
    }

    private void start() {
        started = core.timers().nanoTime();
        startedAt = core.timers().now();
        transmit();
    }

    /**
     * Within which time the first question on a link is asked where nobody configured that. RFC 8415 sections 18.2.1 and 18.2.6 want
     * up to 1 s, so that hosts that boot together do not ask together; zero where a program's first packet is waiting, since that
     * need arises on one host at a time.
     */
    Duration mostFirstDelay() {
        return Duration.ZERO;
    }

    /** Ends without a result. */
    final void end() {
        ended = true;
        quiet();
    }

    private void quiet() {
        Timer running = timer;
        timer = null;
        if (running != null) {
            running.cancel();
        }
        leave(number);
    }

    private void beginOrGiveUp() {
        if (isPastDeadline()) {
            end();
            givenUp();
        } else {
            begin();
        }
    }

    private void transmit() {
        Ready sender = sentAs();
        if (!(core.readiness() instanceof Readiness.Yes yes) || !yes.ready().equals(sender)) {
            // The message says by its source where the tunnel ends: from another address it is another message.
            begin();
            return;
        }
        Duration permission = core.permission();
        if (!permission.isZero()) {
            waitFor(permission, this::transmit);
            return;
        }
        Schedule times = schedule;
        if (times == null) {
            throw new IllegalStateException("not begun");
        }
        Duration time = times.next();
        Duration left = left();
        waitFor(time.compareTo(left) < 0 ? time : left, () -> over(times));
        transmissions++;
        Duration sinceStart = Duration.ofNanos(core.timers().nanoTime() - started);
        if (transmissions == SUSPICIOUS) {
            core.unanswered(question(), sender.link(), sinceStart);
        }
        send(sender, number, sinceStart);
    }

    private void over(Schedule times) {
        if (ended || timeIsOver()) {
            return;
        }
        if (times.exhausted() || isPastDeadline()) {
            end();
            givenUp();
            return;
        }
        transmit();
    }

    private boolean isPastDeadline() {
        return !core.timers().now().isBefore(deadline());
    }

    private Duration left() {
        Instant end = deadline();
        // Half of the largest Duration; a plain subtraction of Instant.MAX would overflow in nanoseconds.
        Duration far = Duration.ofSeconds(Long.MAX_VALUE / 2_000_000_000L);
        if (end.equals(Instant.MAX)) {
            return far;
        }
        Duration left = Duration.between(core.timers().now(), end);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private void waitFor(Duration delay, Runnable then) {
        timer = core.timers().schedule(delay, () -> {
            timer = null;
            if (!ended) {
                then.run();
            }
        });
    }
}
