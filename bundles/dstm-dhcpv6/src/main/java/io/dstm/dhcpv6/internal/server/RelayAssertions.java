package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.InterfaceId;
import io.dstm.dhcpv6.internal.codec.Option.Unknown;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a Relay-forward says of where the client is, in the words of the lease service. */
final class RelayAssertions {

    /** The enterprise number before a Remote-ID (RFC 4649 section 3). */
    private static final int ENTERPRISE = 4;

    private RelayAssertions() {}

    static RelayInfo of(Message.Relayed relay) {
        return new RelayInfo(
                relay.link().equals(Ipv6Address.UNSPECIFIED) ? null : relay.link(),
                relay.options()
                        .first(InterfaceId.class)
                        .map(id -> RelayInfo.spell(id.id().toBytes()))
                        .orElse(null),
                remoteId(relay),
                octets(relay, OptionCode.SUBSCRIBER_ID).map(RelayInfo::spell).orElse(null));
    }

    private static @Nullable String remoteId(Message.Relayed relay) {
        return octets(relay, OptionCode.REMOTE_ID)
                .filter(octets -> octets.length >= ENTERPRISE)
                .map(octets -> enterprise(octets) + ":"
                        + RelayInfo.spell(Arrays.copyOfRange(octets, ENTERPRISE, octets.length)))
                .orElse(null);
    }

    private static String enterprise(byte[] octets) {
        int number = 0;
        for (int i = 0; i < ENTERPRISE; i++) {
            number = number << 8 | octets[i] & 0xFF;
        }
        return Integer.toUnsignedString(number);
    }

    private static Optional<byte[]> octets(Message.Relayed relay, OptionCode code) {
        for (Option option : relay.options().list()) {
            if (option instanceof Unknown unknown && unknown.code().equals(code)) {
                return Optional.of(unknown.data().toBytes());
            }
        }
        return Optional.empty();
    }
}
