package io.dstm.management.internal;

import java.io.IOException;
import java.io.StringReader;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The configuration files of DSTM in one directory. What Config Admin knows comes from them, and is written back to them. */
final class ConfigFiles {

    private static final Pattern NAME = Pattern.compile("(io\\.dstm\\.[A-Za-z0-9._]+)(?:[-~](.+))?\\.cfg");
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z0-9._]+)}");

    private final Path directory;

    ConfigFiles(Path directory) {
        this.directory = directory;
    }

    /** Whether a file of this name is one of them. */
    static boolean isOne(String name) {
        return NAME.matcher(name).matches();
    }

    /** The PID that the name of a file stands for, a factory's instance name behind {@code ~}. */
    static String pid(String name) {
        Matcher matcher = NAME.matcher(name);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'" + name
                    + "' is not the name of a configuration file like io.dstm.tep.cfg or io.dstm.pool-home.cfg");
        }
        return matcher.group(2) == null ? matcher.group(1) : matcher.group(1) + "~" + matcher.group(2);
    }

    /** The texts of all files by name. */
    SortedMap<String, String> read() throws IOException {
        SortedMap<String, String> texts = new TreeMap<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (isOne(name) && Files.isRegularFile(file)) {
                    texts.put(name, Files.readString(file, StandardCharsets.ISO_8859_1));
                }
            }
        }
        return texts;
    }

    /** Writes a file at once: whoever reads it sees the old text or the new one, also after a crash. */
    void write(String name, String text) throws IOException {
        writeAtomically(directory.resolve(name), text);
    }

    /** Makes a file look changed, so that whoever watches it reads it again. */
    void touch(String name) throws IOException {
        Files.setLastModifiedTime(directory.resolve(name), FileTime.fromMillis(System.currentTimeMillis()));
    }

    /** Removes a file, if it is there. */
    void delete(String name) throws IOException {
        Files.deleteIfExists(directory.resolve(name));
        flush(directory);
    }

    static void writeAtomically(Path file, String text) throws IOException {
        Path draft = file.resolveSibling("." + file.getFileName() + ".draft");
        Files.writeString(draft, text, StandardCharsets.ISO_8859_1);
        try (FileChannel channel = FileChannel.open(draft, StandardOpenOption.WRITE)) {
            channel.force(true);
        }
        if (Files.exists(file)) {
            Files.setPosixFilePermissions(draft, Files.getPosixFilePermissions(file));
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        flush(Objects.requireNonNull(file.toAbsolutePath().getParent()));
    }

    private static void flush(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** The keys and values of a text, as Config Admin would hand them over. */
    static Map<String, String> properties(String text) {
        Properties properties = new Properties();
        try {
            properties.load(new StringReader(text));
        } catch (IOException | IllegalArgumentException unreadable) {
            return Map.of("", "cannot be read: " + unreadable.getMessage());
        }
        Map<String, String> values = new LinkedHashMap<>();
        for (String key : properties.stringPropertyNames()) {
            if (!key.startsWith("felix.fileinstall.") && !key.startsWith("service.")) {
                values.put(key, expand(properties.getProperty(key)));
            }
        }
        return values;
    }

    private static String expand(String value) {
        return VARIABLE.matcher(value)
                .replaceAll(match -> Matcher.quoteReplacement(System.getProperty(match.group(1), match.group())));
    }
}
