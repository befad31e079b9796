package io.dstm.api.ipv6;

import io.dstm.api.net.Ipv6Prefix;
import java.time.Duration;
import java.util.List;

/** What the server says to a request for one IA. A refusal is an answer, not an error. */
public sealed interface Ipv6Decision {

    /**
     * The IA holds {@code lease}, durably unless this is an offer.
     *
     * @param lease the lease as it is now
     * @param preferred how long it is preferred from now
     * @param valid how long it lasts from now
     * @param renewAfter T1, when the client should ask again
     * @param rebindAfter T2, when it should ask any server; never below {@code renewAfter}
     * @param gone what the client named and must no longer use, to be shown with lifetimes of 0 (RFC 8415 section 18.3.4)
     */
    record Granted(
            Ipv6Lease lease,
            Duration preferred,
            Duration valid,
            Duration renewAfter,
            Duration rebindAfter,
            List<Ipv6Prefix> gone)
            implements Ipv6Decision {

        /** Keeps the list unchangeable. */
        public Granted {
            gone = List.copyOf(gone);
        }
    }

    /**
     * The IA holds nothing.
     *
     * @param reason why
     * @param message one sentence for the client's log
     * @param gone as with {@link Granted}
     */
    record Refused(Reason reason, String message, List<Ipv6Prefix> gone) implements Ipv6Decision {

        /** Keeps the list unchangeable. */
        public Refused {
            gone = List.copyOf(gone);
        }

        /** With nothing to take away. */
        public Refused(Reason reason, String message) {
            this(reason, message, List.of());
        }
    }

    /** Why nothing is lent. */
    enum Reason {
        /** No pool lends this kind on the client's link. */
        NO_POOL,
        /** Everything the client may have is lent. */
        EXHAUSTED,
        /** The client holds as many leases as one may. */
        CLIENT_LIMIT,
        /** The client has no such lease. */
        NO_BINDING,
        /** What the client names does not belong on its link. */
        NOT_ON_LINK,
        /** Leases cannot be made durable now. */
        STORE_UNAVAILABLE
    }
}
