package io.dstm.server.internal.ipv6;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.HexFormat;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server's secret of {@link Place}, in a file of hexadecimal digits. Losing it costs clients nothing but the addresses they would get again. */
final class SecretFile {

    private static final Logger log = LoggerFactory.getLogger(SecretFile.class);

    private static final int LENGTH = 16;

    private SecretFile() {}

    /** What is in {@code file}, made if there is none; a secret of this run alone if that cannot be. */
    static byte[] get(Path file) {
        try {
            return Files.exists(file) ? read(file) : create(file);
        } catch (IOException | IllegalArgumentException unusable) {
            log.warn(
                    "DSTM-1078 The secret in {} cannot be used ({}); clients whose IPv6 lease has ended get other addresses"
                            + " after a restart. Make the directory writable, or delete the file.",
                    file,
                    unusable.getMessage());
            return random();
        }
    }

    private static byte[] read(Path file) throws IOException {
        byte[] secret = HexFormat.of()
                .parseHex(Files.readString(file, StandardCharsets.US_ASCII).strip());
        if (secret.length < LENGTH) {
            throw new IOException("it has less than " + 2 * LENGTH + " hexadecimal digits");
        }
        return secret;
    }

    private static byte[] create(Path file) throws IOException {
        byte[] secret = random();
        Path directory = file.toAbsolutePath().getParent();
        if (directory == null) {
            throw new IOException("it is no place for a file");
        }
        Files.createDirectories(directory);
        Path temporary = directory.resolve(file.getFileName() + ".new");
        try (FileChannel out = FileChannel.open(
                temporary, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer text =
                    ByteBuffer.wrap((HexFormat.of().formatHex(secret) + "\n").getBytes(StandardCharsets.US_ASCII));
            while (text.hasRemaining()) {
                out.write(text);
            }
            out.force(true);
        }
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        return secret;
    }

    private static byte[] random() {
        byte[] secret = new byte[LENGTH];
        new SecureRandom().nextBytes(secret);
        return secret;
    }
}
