package io.dstm.dhcpv6.internal.common;

import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Auth;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** The Reconfiguration Key Authentication Protocol (RFC 8415 section 20.4): how a client knows its server's call. */
public final class Rkap {

    /** RFC 8415 section 20.4.1. */
    private static final int PROTOCOL = 3;

    private static final int ALGORITHM_HMAC_MD5 = 1;
    private static final int REPLAY_MONOTONIC = 0;

    private static final byte TYPE_KEY = 1;
    private static final byte TYPE_DIGEST = 2;

    /** Octets of a key, and of a digest. */
    public static final int KEY_LENGTH = 16;

    /** Message type and transaction id (RFC 8415 section 8). */
    private static final int HEADER = 4;

    /** Code and length of an option. */
    private static final int OPTION_HEADER = 4;

    private Rkap() {}

    /** What tells a client its key. */
    public static Auth keyOption(long replay, Octets key) {
        return auth(replay, TYPE_KEY, key.toBytes());
    }

    private static Auth auth(long replay, byte type, byte[] value) {
        byte[] information = new byte[1 + KEY_LENGTH];
        information[0] = type;
        System.arraycopy(value, 0, information, 1, KEY_LENGTH);
        return new Auth(PROTOCOL, ALGORITHM_HMAC_MD5, REPLAY_MONOTONIC, replay, Octets.of(information));
    }

    /** The key in an option; empty if there is none. */
    public static Optional<Octets> key(Auth auth) {
        return value(auth, TYPE_KEY);
    }

    /** Whether the option holds a digest. */
    public static boolean hasDigest(Auth auth) {
        return value(auth, TYPE_DIGEST).isPresent();
    }

    private static Optional<Octets> value(Auth auth, byte type) {
        byte[] information = auth.information().toBytes();
        boolean ours = auth.protocol() == PROTOCOL
                && auth.algorithm() == ALGORITHM_HMAC_MD5
                && auth.replayMethod() == REPLAY_MONOTONIC
                && information.length == 1 + KEY_LENGTH
                && information[0] == type;
        return ours ? Optional.of(Octets.of(Arrays.copyOfRange(information, 1, information.length))) : Optional.empty();
    }

    /** {@code message} with the option that proves it to be from who gave the client {@code key}. */
    public static Message.Direct sign(MessageCodec codec, Message.Direct message, long replay, Octets key) {
        Option unsigned = auth(replay, TYPE_DIGEST, new byte[KEY_LENGTH]);
        byte[] digest = digest(codec.encode(with(message, unsigned)), key);
        return with(message, auth(replay, TYPE_DIGEST, digest));
    }

    private static Message.Direct with(Message.Direct message, Option auth) {
        return new Message.Direct(
                message.type(), message.transactionId(), message.options().and(auth));
    }

    /** Whether {@code datagram}, which is a message between client and server, is signed with {@code key}. */
    public static boolean verify(byte[] datagram, Octets key) {
        int at = digestOffset(datagram);
        if (at < 0) {
            return false;
        }
        byte[] blank = datagram.clone();
        Arrays.fill(blank, at, at + KEY_LENGTH, (byte) 0);
        byte[] claimed = Arrays.copyOfRange(datagram, at, at + KEY_LENGTH);
        return MessageDigest.isEqual(digest(blank, key), claimed);
    }

    /** Where the digest stands in the first Authentication option; -1 if nowhere. */
    private static int digestOffset(byte[] datagram) {
        int at = HEADER;
        while (at + OPTION_HEADER <= datagram.length) {
            int code = u16(datagram, at);
            int length = u16(datagram, at + 2);
            int end = at + OPTION_HEADER + length;
            if (end > datagram.length) {
                return -1;
            }
            if (code == OptionCode.AUTH.value()) {
                return length >= KEY_LENGTH ? end - KEY_LENGTH : -1;
            }
            at = end;
        }
        return -1;
    }

    private static int u16(byte[] bytes, int at) {
        return (bytes[at] & 0xFF) << 8 | bytes[at + 1] & 0xFF;
    }

    private static byte[] digest(byte[] message, Octets key) {
        return mac("HmacMD5", key.toBytes(), message);
    }

    /** A keyed hash that every Java runtime has. */
    public static byte[] mac(String algorithm, byte[] key, byte[] message) {
        try {
            Mac mac = Mac.getInstance(algorithm);
            mac.init(new SecretKeySpec(key, algorithm));
            return mac.doFinal(message);
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(algorithm + " is part of every Java runtime", impossible);
        }
    }
}
