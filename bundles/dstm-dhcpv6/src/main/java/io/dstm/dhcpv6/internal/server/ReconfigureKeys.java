package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.common.DurableText;
import io.dstm.dhcpv6.internal.common.Rkap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys that clients know this server's calls by, and the replay value, which "MUST [be] retained between restarts" (RFC 8415
 * section 20.3). A key is made of the client's DUID and one secret of the server, so a million keys cost one line on disk. The
 * replay value is the time in microseconds, or one more than the last where that is higher; what may be used is noted on disk
 * ahead, so that neither a restart nor a clock that is set back repeats one.
 */
final class ReconfigureKeys {

    private static final Logger log = LoggerFactory.getLogger(ReconfigureKeys.class);

    /** How far ahead values are noted: one write in this time, whatever the load. */
    private static final long AHEAD = Duration.ofMinutes(10).toNanos() / 1000;

    /** Between tries to write to a disk that refused: one line in the log each. */
    private static final long PAUSE = Duration.ofMinutes(1).toNanos() / 1000;

    private static final int SECRET_LENGTH = 32;

    private final Path file;
    private final InstantSource clock;
    private final Executor writer;
    private final byte[] secret;

    /** Guarded by this, as is what follows: the last value used. */
    private long last;
    /** The highest value that is noted on disk. */
    private long noted;

    private boolean noting;

    /** When to try again, in microseconds, after the disk refused. */
    private long tryAgain;

    private ReconfigureKeys(Path file, InstantSource clock, Executor writer, byte[] secret, long last) {
        this.file = file;
        this.clock = clock;
        this.writer = writer;
        this.secret = secret;
        this.last = last;
        this.noted = last;
    }

    /**
     * Reads the file, or makes one.
     *
     * @param writer what writes to disk later
     * @throws IOException if it can be neither read nor written; the message says what to do
     */
    static ReconfigureKeys open(Path file, InstantSource clock, Executor writer) throws IOException {
        byte[] secret;
        long last;
        if (Files.exists(file)) {
            List<String> lines = Files.readAllLines(file);
            try {
                secret = Octets.parse(lines.get(0).strip()).toBytes();
                last = Long.parseUnsignedLong(lines.get(1).strip());
            } catch (IllegalArgumentException | IndexOutOfBoundsException broken) {
                throw new IOException(
                        file
                                + " holds no secret and number; restore it, or delete it and clients can be called again once"
                                + " they have asked anew",
                        broken);
            }
        } else {
            secret = new byte[SECRET_LENGTH];
            new SecureRandom().nextBytes(secret);
            last = 0;
        }
        ReconfigureKeys keys = new ReconfigureKeys(file, clock, writer, secret, last);
        keys.note(Math.max(last, keys.micros()) + AHEAD);
        return keys;
    }

    /** The client's key. */
    Octets keyOf(Octets duid) {
        byte[] mac = Rkap.mac("HmacSHA256", secret, duid.toBytes());
        return Octets.of(Arrays.copyOf(mac, Rkap.KEY_LENGTH));
    }

    /** A replay value above all that were used before; empty while none is noted on disk. */
    synchronized OptionalLong next() {
        long value = Math.min(Math.max(last + 1, micros()), Math.max(noted, last));
        if (noted - value < AHEAD / 2 && !noting && micros() >= tryAgain) {
            noting = true;
            long target = Math.max(value, micros()) + AHEAD;
            writer.execute(() -> noteAhead(target));
        }
        if (value <= last) {
            return OptionalLong.empty();
        }
        last = value;
        return OptionalLong.of(value);
    }

    private void noteAhead(long target) {
        try {
            note(target);
        } catch (IOException refused) {
            synchronized (this) {
                tryAgain = micros() + PAUSE;
            }
            log.error(
                    "DSTM-4110 {} cannot be written ({}). Make room or mend its rights: clients cannot be called before.",
                    file,
                    refused.getMessage());
        } finally {
            synchronized (this) {
                noting = false;
            }
        }
    }

    private void note(long target) throws IOException {
        DurableText.write(file, Octets.of(secret) + "\n" + Long.toUnsignedString(target) + "\n");
        synchronized (this) {
            noted = target;
        }
    }

    private long micros() {
        return clock.millis() * 1000;
    }
}
