package io.dstm.server.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class MessagesTest {

    private static final Pattern ID = Pattern.compile("DSTM-1\\d{3}");

    @Test
    void every_message_is_described_and_every_description_has_a_message() throws IOException {
        Set<String> used = new TreeSet<>();
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            sources.filter(Files::isRegularFile).forEach(source -> used.addAll(ids(source)));
        }
        assertThat(ids(Path.of("README.md"))).isEqualTo(used).isNotEmpty();
    }

    private static Set<String> ids(Path file) {
        Set<String> ids = new TreeSet<>();
        try {
            Matcher matcher = ID.matcher(Files.readString(file));
            while (matcher.find()) {
                ids.add(matcher.group());
            }
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
        return ids;
    }
}
