package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compares what a view shows with files that people have looked at. {@code -Ddstm.golden.write=true} writes them anew. */
final class Golden {

    private static final Path FILES = Path.of("src/test/resources/io/dstm/shell/internal");
    private static final ObjectMapper PARSER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private Golden() {}

    /** Both forms of a view are those of {@code NAME.txt} and {@code NAME.json}, and the second is JSON. */
    static void assertShows(String name, View view) {
        assertFile(name + ".txt", view.text());
        String json = Json.write(view.json());
        assertFile(name + ".json", json);
        try {
            PARSER.readTree(json);
        } catch (IOException notJson) {
            throw new UncheckedIOException(notJson);
        }
    }

    private static void assertFile(String name, String actual) {
        Path file = FILES.resolve(name);
        try {
            if (Boolean.getBoolean("dstm.golden.write")) {
                Files.writeString(file, actual);
            }
            assertThat(actual).as(name).isEqualTo(Files.readString(file));
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
