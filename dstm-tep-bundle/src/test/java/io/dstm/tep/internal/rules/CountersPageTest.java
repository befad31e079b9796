package io.dstm.tep.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/counters.md} says what is counted. */
class CountersPageTest {

    private static final Pattern ROW = Pattern.compile("\\| `([a-z0-9-]+)` \\| (.+) \\| (.+) \\|");

    private final Map<String, String> meanings = new LinkedHashMap<>();
    private final Map<String, String> tables = new LinkedHashMap<>();
    private final List<String> rows = new ArrayList<>();

    CountersPageTest() throws IOException {
        String page = Files.readString(Path.of("../docs/counters.md"));
        String table = "";
        for (String line : page.substring(page.indexOf("## The TEP"), page.indexOf("## The client"))
                .split("\n")) {
            if (line.startsWith("### ")) {
                table = line.substring(4);
            }
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.add(row.group(1));
                meanings.put(row.group(1), row.group(2));
                tables.put(row.group(1), table);
                assertThat(row.group(3)).as(line).hasSizeGreaterThan(8);
            }
        }
    }

    @Test
    void every_counter_is_documented_once_with_its_description_and_no_other() {
        assertThat(rows).doesNotHaveDuplicates();
        assertThat(meanings)
                .containsOnly(Arrays.stream(Outcome.values())
                        .map(outcome -> entry(outcome.counter(), outcome.description()))
                        .toArray(Map.Entry[]::new));
    }

    @Test
    void what_leaves_and_what_happens_beside_have_tables_of_their_own() {
        assertThat(Outcome.values()).allSatisfy(outcome -> {
            String table = tables.get(outcome.counter());
            assertThat(table)
                    .isEqualTo(
                            switch (outcome.kind()) {
                                case SENT -> "What leaves";
                                case NOTED -> "What happens beside";
                                case ARRIVED, VERDICT -> table.startsWith("From ") ? table : "a direction";
                            });
        });
    }
}
