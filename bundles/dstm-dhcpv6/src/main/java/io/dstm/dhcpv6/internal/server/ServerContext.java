package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.Octets;

/**
 * What a server is at a moment; replaced whole when the configuration changes.
 *
 * @param settings the configuration in force
 * @param codec the codec for its option codes
 * @param duid the server's identity
 */
public record ServerContext(ServerSettings settings, MessageCodec codec, Octets duid) {

    /** The context of a configuration. */
    public static ServerContext of(ServerSettings settings, Octets duid) {
        return new ServerContext(settings, new MessageCodec(settings.codes()), duid);
    }
}
