package io.dstm.shell.internal.local;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * Makes the key by which {@code bin/dstm} logs in to the Karaf beside it. Who may write {@code etc/keys.properties} may make an
 * administrator anyway, so the key gives nobody a right that the file's owner has not; no password is on a command line or in a script.
 */
public final class LocalKey {

    /** Who runs a command of {@code bin/dstm}, in the audit log too. */
    static final String USER = "dstm-local";

    private static final String ROLES = "ssh,viewer,manager,operator,admin,systembundles";

    private LocalKey() {}

    /** Arguments: the file of the private key, the file of Karaf's public keys. */
    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        make(Path.of(arguments[0]), Path.of(arguments[1]));
    }

    /** Makes a new key, in place of an earlier one. */
    static void make(Path privateKey, Path publicKeys) throws IOException, GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(3072);
        KeyPair pair = generator.generateKeyPair();
        Files.deleteIfExists(privateKey);
        Files.createFile(
                privateKey, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(
                privateKey,
                "-----BEGIN PRIVATE KEY-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                .encodeToString(pair.getPrivate().getEncoded())
                        + "\n-----END PRIVATE KEY-----\n");
        List<String> lines = new ArrayList<>(Files.exists(publicKeys) ? Files.readAllLines(publicKeys) : List.of());
        lines.removeIf(line -> line.startsWith(USER + " ="));
        lines.add(USER + " = " + encoded((RSAPublicKey) pair.getPublic()) + "," + ROLES);
        // Written into the file that is there: its owner and mode stay.
        Files.write(publicKeys, lines, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
    }

    /** A public key as SSH writes it, RFC 4253 section 6.6. */
    static String encoded(RSAPublicKey key) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        for (byte[] part : List.of(
                "ssh-rsa".getBytes(StandardCharsets.US_ASCII),
                key.getPublicExponent().toByteArray(),
                key.getModulus().toByteArray())) {
            out.writeInt(part.length);
            out.write(part);
        }
        return Base64.getEncoder().encodeToString(bytes.toByteArray());
    }
}
