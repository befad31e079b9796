package io.dstm.client.internal.engine;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The few facts that must survive a client that was killed: what it changed in the kernel beyond its own device, and until when
 * it had a lease. A small file, replaced whole; a client without one works and forgets.
 */
final class NodeJournal {

    private static final Logger log = LoggerFactory.getLogger(NodeJournal.class);

    private final @Nullable Path file;
    private final Properties facts = new Properties();

    /** Reads what an earlier client left in {@code file}; {@code null} remembers nothing beyond the process. */
    NodeJournal(@Nullable Path file) {
        this.file = file;
        if (file != null && Files.isRegularFile(file)) {
            try (InputStream in = Files.newInputStream(file)) {
                facts.load(in);
            } catch (IOException | IllegalArgumentException unreadable) {
                log.warn(
                        "DSTM-3015 The client's state file {} cannot be read ({}); starting without it",
                        file,
                        unreadable.toString());
            }
        }
    }

    Optional<String> get(String key) {
        return Optional.ofNullable(facts.getProperty(key));
    }

    void put(String key, String value) {
        if (!value.equals(facts.setProperty(key, value))) {
            write();
        }
    }

    void remove(String key) {
        if (facts.remove(key) != null) {
            write();
        }
    }

    private void write() {
        if (file == null) {
            return;
        }
        Path fresh = file.resolveSibling(file.getFileName() + ".new");
        try {
            Path directory = file.getParent();
            if (directory != null) {
                Files.createDirectories(directory);
            }
            try (OutputStream out = Files.newOutputStream(fresh)) {
                facts.store(out, "State of the DSTM client");
            }
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException unwritable) {
            log.warn(
                    "DSTM-3015 The client's state file {} cannot be written ({}); after a kill the next client will not"
                            + " know of this one. Check the directory's owner and the free space",
                    file,
                    unwritable.toString());
        }
    }
}
