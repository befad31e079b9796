package io.dstm.management.internal;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sets of configuration files on disk, one file each, the newest few of them. */
final class ConfigArchive {

    private static final String SUFFIX = ".properties";
    private static final String FILE = "file.";

    private static final Logger log = LoggerFactory.getLogger(ConfigArchive.class);

    private final Path directory;
    private final int most;

    /**
     * One set.
     *
     * @param files texts by file name
     */
    record Kept(int number, Instant time, String origin, SortedMap<String, String> files) {}

    ConfigArchive(Path directory, int most) {
        this.directory = directory;
        this.most = most;
    }

    /** What is there, oldest first; what cannot be read is left out. */
    List<Kept> load() {
        List<Kept> all = new ArrayList<>();
        if (!Files.isDirectory(directory)) {
            return all;
        }
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.filter(each -> each.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList()) {
                try {
                    all.add(read(file));
                } catch (IOException | IllegalArgumentException | DateTimeException unreadable) {
                    log.warn(
                            "DSTM-8030 The kept configuration {} cannot be read and is left out; remove it: {}",
                            file,
                            unreadable.toString());
                }
            }
        } catch (IOException unreadable) {
            log.warn(
                    "DSTM-8031 Kept configurations cannot be listed; look at {}: {}", directory, unreadable.toString());
        }
        return all;
    }

    private static Kept read(Path file) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            properties.load(reader);
        }
        SortedMap<String, String> texts = new TreeMap<>();
        for (String key : properties.stringPropertyNames()) {
            if (key.startsWith(FILE) && ConfigFiles.isOne(key.substring(FILE.length()))) {
                texts.put(key.substring(FILE.length()), properties.getProperty(key));
            }
        }
        return new Kept(
                Integer.parseInt(properties.getProperty("number", "")),
                Instant.parse(properties.getProperty("time", "")),
                properties.getProperty("origin", ""),
                texts);
    }

    /** Keeps one more, and drops the oldest that are too many. */
    void save(Kept kept) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Properties properties = new Properties();
        properties.setProperty("number", Integer.toString(kept.number()));
        properties.setProperty("time", kept.time().toString());
        properties.setProperty("origin", kept.origin());
        for (Map.Entry<String, String> file : kept.files().entrySet()) {
            properties.setProperty(FILE + file.getKey(), file.getValue());
        }
        StringWriter text = new StringWriter();
        properties.store(text, null);
        ConfigFiles.writeAtomically(directory.resolve(String.format("%08d%s", kept.number(), SUFFIX)), text.toString());
        try (Stream<Path> files = Files.list(directory)) {
            List<Path> present = files.filter(each -> each.toString().endsWith(SUFFIX))
                    .sorted()
                    .toList();
            for (Path old : present.subList(0, Math.max(0, present.size() - most))) {
                Files.deleteIfExists(old);
            }
        }
    }
}
