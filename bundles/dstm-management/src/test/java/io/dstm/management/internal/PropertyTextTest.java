package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One key changes; what people wrote around it stays. */
class PropertyTextTest {

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '"',
            delimiter = '|',
            value = {
                "\"a = 1\n\"                         | 2    | \"a = 2\n\"",
                "\"# a = 0\nb=1\n a : 1\nc\n\"       | 2    | \"# a = 0\nb=1\na = 2\nc\n\"",
                "\"a = 1, \\\n  2\nb = 3\"           | 4    | \"a = 4\nb = 3\"",
                "\"b = 1 \\\n a = 5\n\"              | 4    | \"b = 1 \\\n a = 5\na = 4\n\"",
                "\"# ends so \\\na = 1\n\"           | 2    | \"# ends so \\\na = 2\n\"",
                "\"b = 3\"                           | 4    | \"b = 3\na = 4\n\"",
                "\"a.b = 3\n\"                       | 4    | \"a.b = 3\na = 4\n\"",
                "\"a = 1\nb = 2\na = 3\n\"           | \"\" | \"b = 2\n\"",
                "\"\"                                | 1    | \"a = 1\n\"",
            })
    void changes_one_key(String text, String value, String expected) {
        assertThat(PropertyText.with(text, "a", value)).isEqualTo(expected);
    }

    @Property(tries = 200)
    void what_is_written_is_what_is_read(
            @ForAll @AlphaChars @StringLength(min = 1, max = 8) String value,
            @ForAll @AlphaChars @StringLength(min = 1, max = 8) String other) {
        String text = PropertyText.with("x." + other + " = " + other + "\\\n", "key", value + "\\" + other);
        assertThat(ConfigFiles.properties(text)).containsEntry("key", value + "\\" + other);
        assertThat(ConfigFiles.properties(PropertyText.with("key = 1\ny = " + other + "\n", "key", "")))
                .isEqualTo(Map.of("y", other));
    }
}
