package io.dstm.dhcpv6.internal.common;

import io.dstm.dhcpv6.internal.codec.Octets;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A DUID that is made once and kept: a client that forgets its DUID loses its address, a server that forgets it orphans every
 * client until T2. Of type 4, a UUID (RFC 6355), because hosts and containers clone MAC addresses.
 */
public final class DuidFile {

    private static final int TYPE_UUID = 4;

    /** Nobody's DUID is longer (RFC 8415 section 11.1), and two digits make an octet. */
    private static final int LONGEST_FILE = 300;

    private final Path file;
    private @Nullable Octets duid;

    /** The DUID in {@code file}; {@link #get} makes the file if there is none. */
    public DuidFile(Path file) {
        this.file = file;
    }

    /** The file {@code name} among what DSTM keeps below Karaf's data directory. */
    public static DuidFile inKarafData(String name) {
        return new DuidFile(karafData().resolve(name));
    }

    /** Where DSTM keeps what must outlive the process. */
    public static Path karafData() {
        return Path.of(System.getProperty("karaf.data", "data"), "dstm");
    }

    /**
     * The DUID, from the file the first time. A file that holds none is left alone: replacing it would silently change the
     * identity.
     *
     * @throws IOException if it can be neither read nor made; the message says what to do
     */
    public synchronized Octets get() throws IOException {
        Octets known = duid;
        if (known == null) {
            known = Files.exists(file) ? read() : create();
            duid = known;
        }
        return known;
    }

    private Octets read() throws IOException {
        String text = Files.size(file) > LONGEST_FILE
                ? ""
                : Files.readString(file, StandardCharsets.US_ASCII).strip();
        try {
            Octets read = Octets.parse(text);
            if (read.length() >= 3 && read.length() <= 130) {
                return read;
            }
        } catch (IllegalArgumentException ignored) {
            // Same as a length that no DUID has.
        }
        throw new IOException(
                file + " holds no DUID (6 to 260 hexadecimal digits); restore it, or delete it to get a new"
                        + " identity and with it new leases");
    }

    private Octets create() throws IOException {
        UUID uuid = UUID.randomUUID();
        byte[] bytes = ByteBuffer.allocate(18)
                .putShort((short) TYPE_UUID)
                .putLong(uuid.getMostSignificantBits())
                .putLong(uuid.getLeastSignificantBits())
                .array();
        Octets created = Octets.of(bytes);
        DurableText.write(file, created + "\n");
        return created;
    }
}
