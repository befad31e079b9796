package io.dstm.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * {@code docs/configuration.md} is what the bundles say of their keys: made by {@code mvn -f karaf-distribution/pom.xml test
 * -Ddstm.golden.write=true}.
 */
class ConfigurationPageTest {

    private static final Path PAGE = Path.of("../docs/configuration.md");

    private static final String HEAD = """
            # Every key of every configuration

            Files `etc/PID.cfg`; of a factory `etc/PID-NAME.cfg`, any number of them. This page is made of what the bundles tell Config Admin of themselves (Metatype), so it is what the
            code understands; the [operator's guide](operator-guide.md) says how keys play together. `etc/examples/` has a file of each.

            """;

    private static String cell(String text) {
        return text.replace("|", "\\|").replace('\n', ' ').strip();
    }

    @Test
    void says_what_the_bundles_understand() throws Exception {
        StringBuilder page = new StringBuilder(HEAD);
        for (Metatype metatype : Metatype.all().values()) {
            page.append("## `").append(metatype.pid()).append(metatype.factory() ? "-NAME`\n" : "`\n");
            page.append(metatype.description()).append("\n\n| key | default | meaning |\n|---|---|---|\n");
            metatype.keys().forEach((key, value) -> page.append("| `")
                    .append(key)
                    .append("` | ")
                    .append(
                            metatype.required().contains(key)
                                    ? "required"
                                    : value.isEmpty() ? "" : "`" + cell(value) + "`")
                    .append(" | ")
                    .append(cell(metatype.meanings().get(key)))
                    .append(" |\n"));
            page.append('\n');
        }
        String text = page.toString().stripTrailing() + "\n";
        if (Boolean.getBoolean("dstm.golden.write")) {
            Files.writeString(PAGE, text);
        }
        assertThat(Files.readString(PAGE))
                .as("made of the bundles' metatype; to write it anew: mvn -f karaf-distribution/pom.xml test"
                        + " -Dtest=ConfigurationPageTest -Ddstm.golden.write=true")
                .isEqualTo(text);
    }
}
