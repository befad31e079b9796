package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What operators are told of clients, in such measure that no client can fill the log. Guarded by the engine's lock. */
final class Ipv6Notices {

    private static final Logger log = LoggerFactory.getLogger(Ipv6Notices.class);

    private static final Duration FULL_TOLD_EVERY = Duration.ofMinutes(10);
    private static final Duration DECLINES_TOLD_WITHIN = Duration.ofMinutes(1);
    private static final int DECLINES_TOLD = 10;

    private Instant fullToldNext = Instant.EPOCH;
    private Instant declinesToldFrom = Instant.EPOCH;
    private int declinesTold;

    /** A client found none of these pools with a lease left. */
    void full(List<Ipv6Pool> serving, Instant now) {
        if (!now.isBefore(fullToldNext)) {
            fullToldNext = now.plus(FULL_TOLD_EVERY);
            String full = serving.stream()
                    .filter(Ipv6Pool::isFull)
                    .map(pool -> pool.config().name())
                    .collect(Collectors.joining(", "));
            log.warn(
                    "DSTM-1078 As many IPv6 leases as leases.max allows are lent by {}; if that many clients are honest raise it in"
                            + " io.dstm.ipv6-NAME.cfg, else set rate.link in io.dstm.dhcpv6.server.cfg",
                    full);
        }
    }

    /** A client says that its address is in use. A link where something is wrong has few of these. */
    void declined(Ipv6Lease declined, Instant now) {
        if (!now.isBefore(declinesToldFrom.plus(DECLINES_TOLD_WITHIN))) {
            declinesToldFrom = now;
            declinesTold = 0;
        }
        if (declinesTold < DECLINES_TOLD) {
            declinesTold++;
            log.warn(
                    "DSTM-1077 The address {} is in use by somebody else, says {}; nobody gets it until {}{}",
                    declined.address(),
                    declined.client(),
                    declined.until(),
                    declinesTold == DECLINES_TOLD ? "; more of these are not told within this minute" : "");
        }
    }
}
