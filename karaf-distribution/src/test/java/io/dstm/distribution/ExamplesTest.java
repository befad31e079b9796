package io.dstm.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The example configurations say what the bundles understand: neither a key nor a default may drift. */
class ExamplesTest {

    private static final Path EXAMPLES = Path.of("src/main/resources/etc/examples");
    private static final Pattern LINE = Pattern.compile("(#?)([a-z0-9.]+) =(.*)");

    /** A line of an example. */
    private record Line(boolean active, String value) {}

    private static Map<String, Line> example(Path file) throws IOException {
        Map<String, Line> lines = new LinkedHashMap<>();
        for (String text : Files.readAllLines(file)) {
            Matcher line = LINE.matcher(text);
            if (line.matches()) {
                lines.put(
                        line.group(2),
                        new Line(line.group(1).isEmpty(), line.group(3).trim()));
            } else {
                assertThat(text)
                        .as("a line that is neither empty nor a comment")
                        .matches("(# .*)?");
            }
        }
        return lines;
    }

    private static Path file(Metatype metatype) {
        return EXAMPLES.resolve(metatype.pid() + (metatype.factory() ? "-example.cfg" : ".cfg"));
    }

    @Test
    void there_is_one_for_every_pid_and_no_other() throws Exception {
        try (Stream<Path> files = Files.list(EXAMPLES)) {
            assertThat(files.filter(file -> file.toString().endsWith(".cfg")))
                    .containsExactlyInAnyOrderElementsOf(Metatype.all().values().stream()
                            .map(ExamplesTest::file)
                            .toList());
        }
    }

    @Test
    void each_names_every_key_once_with_its_default_commented_out() throws Exception {
        for (Metatype metatype : Metatype.all().values()) {
            Map<String, Line> example = example(file(metatype));
            assertThat(new TreeSet<>(example.keySet()))
                    .as(metatype.pid())
                    .isEqualTo(new TreeSet<>(metatype.keys().keySet()));
            example.forEach((key, line) -> {
                if (!line.active()) {
                    assertThat(line.value())
                            .as(metatype.pid() + " " + key)
                            .isEqualTo(metatype.keys().get(key));
                }
            });
        }
    }

    @Test
    void each_sets_what_is_required_and_nothing_else() throws Exception {
        for (Metatype metatype : Metatype.all().values()) {
            List<String> set = example(file(metatype)).entrySet().stream()
                    .filter(line -> line.getValue().active())
                    .map(Map.Entry::getKey)
                    .toList();
            assertThat(set).as(metatype.pid()).containsExactlyInAnyOrderElementsOf(metatype.required());
        }
    }
}
