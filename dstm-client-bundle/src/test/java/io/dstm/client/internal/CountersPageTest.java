package io.dstm.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.client.internal.tunnel.NodeCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** {@code docs/counters.md} says what is counted. */
class CountersPageTest {

    private static final Pattern ROW =
            Pattern.compile("^\\| `([a-z0-9-]+)` \\| .{8,} \\| .{8,} \\|$", Pattern.MULTILINE);

    @Test
    void every_counter_of_the_client_is_documented_once_and_no_other() throws IOException {
        String page = Files.readString(Path.of("../docs/counters.md"));
        List<String> documented = ROW.matcher(page.substring(page.indexOf("## The client")))
                .results()
                .map((MatchResult row) -> row.group(1))
                .toList();

        assertThat(documented)
                .containsExactlyInAnyOrderElementsOf(Arrays.stream(NodeCounter.values())
                        .map(NodeCounter::label)
                        .toList());
    }
}
