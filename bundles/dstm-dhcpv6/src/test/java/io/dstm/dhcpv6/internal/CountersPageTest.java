package io.dstm.dhcpv6.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.dhcpv6.internal.client.ClientCounter;
import io.dstm.dhcpv6.internal.server.ServerCounter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/counters.md} says what is counted. */
class CountersPageTest {

    private static final Pattern ROW =
            Pattern.compile("^\\| `([a-z0-9-]+)` \\| .{8,} \\| .{8,} \\|$", Pattern.MULTILINE);

    private static List<String> documented(String from, String to) throws IOException {
        String page = Files.readString(Path.of("../../docs/counters.md"));
        int start = page.indexOf(from, page.indexOf("## DHCPv6"));
        return ROW.matcher(page.substring(start, page.indexOf(to, start)))
                .results()
                .map((MatchResult row) -> row.group(1))
                .toList();
    }

    @Test
    void every_counter_of_the_server_is_documented_once_and_no_other() throws IOException {
        assertThat(documented("### At the server", "### At the node"))
                .containsExactlyInAnyOrderElementsOf(Stream.of(ServerCounter.values())
                        .map(ServerCounter::label)
                        .toList());
    }

    @Test
    void every_counter_of_the_client_is_documented_once_and_no_other() throws IOException {
        assertThat(documented("### At the node", "## The TEP"))
                .containsExactlyInAnyOrderElementsOf(Stream.of(ClientCounter.values())
                        .map(ClientCounter::label)
                        .toList());
    }
}
