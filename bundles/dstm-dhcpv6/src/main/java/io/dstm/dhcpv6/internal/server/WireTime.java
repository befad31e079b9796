package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Option;
import java.time.Duration;

/** Times as options carry them. */
final class WireTime {

    private WireTime() {}

    /** Whole seconds, at most what stands for no end (RFC 8415 section 7.7). */
    static long seconds(Duration duration) {
        return Math.max(0, Math.min(duration.toSeconds(), Option.INFINITY));
    }
}
