package io.dstm.api.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.Field;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What a bundle logs from INFO on while the test lasts; elsewhere tests are silent. */
public final class WrittenLog implements AutoCloseable {

    private static final int INFO = 20;
    private static final int OFF = 60;

    private final PrintStream before = System.err;
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final List<Logger> loggers;

    /** Of the bundle that {@code some} is in. */
    public WrittenLog(Class<?> some) {
        loggers = loggers(some);
        loggers.forEach(logger -> level(logger, INFO));
        System.setErr(new PrintStream(written, true, StandardCharsets.UTF_8));
    }

    private static List<Logger> loggers(Class<?> some) {
        try {
            Path classes = Path.of(
                    some.getProtectionDomain().getCodeSource().getLocation().toURI());
            try (Stream<Path> files = Files.walk(classes)) {
                return files.map(classes::relativize)
                        .map(Path::toString)
                        .filter(file -> file.endsWith(".class"))
                        .map(file -> file.substring(0, file.length() - ".class".length())
                                .replace('/', '.'))
                        .map(LoggerFactory::getLogger)
                        .toList();
            }
        } catch (URISyntaxException wrong) {
            throw new AssertionError(wrong);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static void level(Logger logger, int level) {
        try {
            Field field = logger.getClass().getDeclaredField("currentLogLevel");
            field.setAccessible(true);
            field.setInt(logger, level);
        } catch (ReflectiveOperationException otherLogger) {
            throw new AssertionError(otherLogger);
        }
    }

    /** The lines so far. */
    public List<String> lines() {
        return written.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Override
    public void close() {
        System.setErr(before);
        loggers.forEach(logger -> level(logger, OFF));
    }
}
