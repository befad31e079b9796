package io.dstm.client.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NodeJournalTest {

    @TempDir
    private Path directory;

    @Test
    void what_was_put_is_there_for_the_next_one() {
        Path file = directory.resolve("a/b/client.state");
        NodeJournal first = new NodeJournal(file);
        first.put("one", "1");
        first.put("two", "2");
        first.remove("one");

        NodeJournal next = new NodeJournal(file);
        assertThat(next.get("one")).isEmpty();
        assertThat(next.get("two")).contains("2");
        assertThat(file.getParent()).isDirectoryNotContaining("glob:**.new");
    }

    @Test
    void works_without_a_file_and_with_one_it_cannot_write_or_read() throws Exception {
        NodeJournal nowhere = new NodeJournal(null);
        nowhere.put("one", "1");
        assertThat(nowhere.get("one")).contains("1");

        Path notADirectory = Files.writeString(directory.resolve("file"), "");
        NodeJournal unwritable = new NodeJournal(notADirectory.resolve("client.state"));
        unwritable.put("one", "1");
        assertThat(unwritable.get("one")).contains("1");

        Path garbage = Files.writeString(directory.resolve("garbage"), "x=\\u12");
        assertThat(new NodeJournal(garbage).get("x")).isEmpty();
    }
}
