package io.dstm.dhcpv6.internal.common;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.dhcpv6.internal.codec.Octets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DuidFileTest {

    @TempDir
    Path directory;

    @Test
    void is_made_once_and_kept() throws Exception {
        Path file = directory.resolve("dstm/deeper/client.duid");

        Octets made = new DuidFile(file).get();
        Octets again = new DuidFile(file).get();

        // Type 4 is a UUID (RFC 6355).
        assertThat(made.toString()).startsWith("0004").hasSize(36);
        assertThat(again).isEqualTo(made);
        assertThat(file.getParent()).isDirectoryContaining(path -> path.equals(file));
        assertThat(Files.list(file.getParent())).hasSize(1);
    }

    @Test
    void two_files_hold_two_identities() throws Exception {
        assertThat(new DuidFile(directory.resolve("a")).get()).isNotEqualTo(new DuidFile(directory.resolve("b")).get());
    }

    @Test
    void takes_an_identity_that_an_operator_wrote() throws Exception {
        Path file = directory.resolve("duid");
        Files.writeString(file, "  000300010200C0FFEE01\n\n");

        assertThat(new DuidFile(file).get()).isEqualTo(Octets.parse("000300010200c0ffee01"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "0003", "not hexadecimal", "00030"})
    void leaves_a_file_alone_that_holds_none(String content) throws Exception {
        Path file = directory.resolve("duid");
        Files.writeString(file, content);

        assertThatThrownBy(() -> new DuidFile(file).get())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("holds no DUID");
        assertThat(file).hasContent(content);
    }

    @Test
    void a_file_as_large_as_a_disk_is_not_read() throws Exception {
        Path file = directory.resolve("duid");
        Files.write(file, new byte[1 << 20]);

        assertThatThrownBy(() -> new DuidFile(file).get()).hasMessageContaining("holds no DUID");
    }

    @Test
    void a_place_that_cannot_be_written_is_told_and_tried_again() throws Exception {
        Path notADirectory = directory.resolve("file");
        Files.writeString(notADirectory, "");
        DuidFile duid = new DuidFile(notADirectory.resolve("duid"));

        assertThatThrownBy(duid::get).isInstanceOf(IOException.class);
        Files.delete(notADirectory);

        assertThat(duid.get().length()).isEqualTo(18);
    }
}
