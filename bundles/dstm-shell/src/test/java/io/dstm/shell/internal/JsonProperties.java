package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** What the writer writes, a parser that is not ours reads back. */
class JsonProperties {

    private static final ObjectMapper PARSER = new ObjectMapper();

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void reads_back_equal(@ForAll("values") Object value) throws Exception {
        byte[] written = Json.write(value).getBytes(StandardCharsets.UTF_8);
        assertThat(PARSER.readValue(written, Object.class)).isEqualTo(value);
    }

    @Example
    void half_a_character_becomes_the_replacement_character() {
        assertThat(Json.write("a\uD83D")).isEqualTo("\"a\uFFFD\"\n");
        assertThat(Json.write("\uDE00\uD83D\uDE00")).isEqualTo("\"\uFFFD\uD83D\uDE00\"\n");
    }

    private static Arbitrary<String> texts() {
        return Arbitraries.integers()
                .between(0, Character.MAX_CODE_POINT)
                .filter(point -> point < Character.MIN_SURROGATE || point > Character.MAX_SURROGATE)
                .map(Character::toString)
                .list()
                .ofMaxSize(8)
                .map(characters -> String.join("", characters));
    }

    @Provide
    Arbitrary<Object> values() {
        Arbitrary<Object> leaves = Arbitraries.oneOf(List.of(
                texts().asGeneric(),
                Arbitraries.strings()
                        .withChars('"', '\\', '\n', '\r', '\t', '\u0000', '\u001F', '\u007F')
                        .ofMaxLength(8)
                        .asGeneric(),
                Arbitraries.integers().asGeneric(),
                Arbitraries.of(true, false).asGeneric(),
                Arbitraries.just((Object) "").injectNull(1)));
        return Arbitraries.recursive(
                () -> leaves,
                inner -> Arbitraries.oneOf(
                        inner.list().ofMaxSize(4).asGeneric(),
                        Arbitraries.maps(texts(), inner).ofMaxSize(4).map(map -> (Object) (Map<?, ?>) map)),
                0,
                3);
    }
}
