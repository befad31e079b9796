package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * Where in a pool a client's lease is looked for first. It follows from the client's identity and a secret of this server (as RFC
 * 7943 has it), so a client that returns gets what it had if that is free, nobody has to remember it, and outsiders cannot tell a
 * client's address from its DUID (RFC 7824 section 5.3).
 */
final class Place {

    private final byte[] secret;

    Place(byte[] secret) {
        this.secret = secret.clone();
    }

    Ipv6Address in(Spans spans, Ipv6Request request) {
        MessageDigest digest = sha256();
        digest.update(secret);
        digest.update(request.client().identity().getBytes(StandardCharsets.US_ASCII));
        ByteBuffer rest = ByteBuffer.allocate(5)
                .putInt(request.client().association())
                .put((byte) (request.kind() == Ipv6LeaseKind.ADDRESS ? 0 : 1));
        ByteBuffer hash = ByteBuffer.wrap(digest.digest(rest.array()));
        return spans.pick(hash.getLong(), new Ipv6Address(hash.getLong(), hash.getLong()));
    }

    /** The prefix around that place. */
    Ipv6Prefix in(Spans spans, Ipv6Request request, int length) {
        return Ipv6Prefix.of(in(spans, request), length);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every Java has SHA-256", impossible);
        }
    }
}
