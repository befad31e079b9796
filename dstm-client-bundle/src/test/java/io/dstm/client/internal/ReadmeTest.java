package io.dstm.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.client.internal.tunnel.NodeCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReadmeTest {

    private final String readme;

    ReadmeTest() throws IOException {
        readme = Files.readString(Path.of("README.md"));
    }

    @Test
    void every_counter_is_documented() {
        assertThat(NodeCounter.values())
                .allSatisfy(counter -> assertThat(readme).contains("| `" + counter.label() + "` |"));
    }

    @Test
    void every_message_is_documented_and_every_documented_message_exists() throws IOException {
        Set<String> logged = new TreeSet<>();
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                logged.addAll(ids(Files.readString(file)));
            }
        }
        assertThat(logged).isNotEmpty().isEqualTo(ids(readme));
    }

    private static Set<String> ids(String text) {
        Set<String> ids = new TreeSet<>();
        Matcher matcher = Pattern.compile("DSTM-\\d{4}").matcher(text);
        while (matcher.find()) {
            ids.add(matcher.group());
        }
        return ids;
    }

    @Test
    void every_key_is_documented() {
        assertThat(ClientConfigDefinition.class.getDeclaredMethods()).allSatisfy(method -> assertThat(readme)
                .contains("| `" + method.getName().replace('_', '.') + "` |"));
    }
}
