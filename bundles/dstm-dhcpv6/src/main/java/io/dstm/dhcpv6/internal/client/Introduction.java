package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.client.ClientCore.Readiness;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Lets the server know of a client that has not asked for anything yet, so that it can be called to take a lease: when it has an
 * address, when it has another one, and when the server would have it ask again. On the client's thread.
 */
final class Introduction {

    private static final Duration LOOK = Duration.ofSeconds(5);

    private final ClientCore core;

    /** Where the server knows the client to be. */
    private @Nullable Ipv6Address known;

    private long again;
    private @Nullable IntroductionExchange running;
    private @Nullable Ipv6Address runningFrom;

    Introduction(ClientCore core) {
        this.core = core;
    }

    /** Looks whether there is something to tell, and goes on looking. */
    void look() {
        var unused = core.timers().schedule(LOOK, this::look);
        if (!(core.readiness() instanceof Readiness.Yes yes)
                || !yes.ready().settings().reconfigure()) {
            return;
        }
        Ipv6Address source = yes.ready().link().source();
        boolean due = !source.equals(known) || core.timers().nanoTime() - again >= 0;
        if (!due || source.equals(runningFrom)) {
            return;
        }
        IntroductionExchange before = running;
        if (before != null) {
            before.end();
        }
        runningFrom = source;
        IntroductionExchange next = new IntroductionExchange(core, refresh -> {
            known = source;
            running = null;
            runningFrom = null;
            again = core.timers().nanoTime() + refresh.toNanos();
        });
        running = next;
        next.begin();
    }
}
