package io.dstm.console.internal.jmx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.KeyStoreException;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The private key of a file and its certificate, as the file has them at the time: certificates are renewed while servers run. */
final class Keys {

    private static final Logger log = LoggerFactory.getLogger(Keys.class);

    private final Path file;
    private final Path passwordFile;
    private FileTime written;
    private SSLContext context;

    /**
     * Reads it.
     *
     * @throws IOException if a file cannot be read, or the password is another
     * @throws GeneralSecurityException if the file is nothing of the kind, or has no key
     */
    Keys(Path file, Path passwordFile) throws IOException, GeneralSecurityException {
        this.file = file;
        this.passwordFile = passwordFile;
        written = Files.getLastModifiedTime(file);
        context = load();
    }

    /** Why it could not be read, for people. */
    static String reason(Exception failed) {
        return failed instanceof NoSuchFileException missing
                ? missing.getFile() + " does not exist"
                : "cannot be read: " + failed.getMessage();
    }

    /** TLS with the certificate of now; with the one before, if the new one cannot be read. */
    synchronized SSLContext context() {
        try {
            FileTime now = Files.getLastModifiedTime(file);
            if (!now.equals(written)) {
                written = now; // Said once for each version of the file.
                context = load();
            }
        } catch (IOException | GeneralSecurityException unreadable) {
            log.warn("DSTM-9004 {} {}; JMX keeps the certificate it has", file, reason(unreadable));
        }
        return context;
    }

    private SSLContext load() throws IOException, GeneralSecurityException {
        List<String> lines = Files.readAllLines(passwordFile);
        char[] password = lines.isEmpty() ? new char[0] : lines.get(0).toCharArray();
        KeyStore store = KeyStore.getInstance(file.toFile(), password);
        boolean keyed = false;
        for (String alias : Collections.list(store.aliases())) {
            keyed |= store.isKeyEntry(alias);
        }
        if (!keyed) {
            throw new KeyStoreException("there is no key in it");
        }
        KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        managers.init(store, password);
        SSLContext loaded = SSLContext.getInstance("TLS");
        loaded.init(managers.getKeyManagers(), null, null);
        return loaded;
    }
}
