package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Times as options carry them. */
final class WireTime {

    private WireTime() {}

    /** How long the client would like to have the address in an IA; {@code null} if it does not say (RFC 8415 section 21.6). */
    static @Nullable Duration wish(Options inIa) {
        return inIa.first(Option.IaAddress.class)
                .map(Option.IaAddress::valid)
                .filter(valid -> valid > 0)
                .map(Duration::ofSeconds)
                .orElse(null);
    }

    /** Whole seconds, at most what stands for no end (RFC 8415 section 7.7). */
    static long seconds(Duration duration) {
        return Math.max(0, Math.min(duration.toSeconds(), Option.INFINITY));
    }
}
