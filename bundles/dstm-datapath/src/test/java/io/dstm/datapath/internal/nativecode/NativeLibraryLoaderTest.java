package io.dstm.datapath.internal.nativecode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Platform;
import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.testing.Isolated;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NativeLibraryLoaderTest {

    private static InputStream resource(String name) {
        return NativeLibraryLoaderTest.class.getResourceAsStream(name);
    }

    @Test
    void the_library_is_copied_and_answers(@TempDir Path directory) throws Exception {
        Path library = NativeLibraryLoader.extract(
                Platform.RESOURCE_PREFIX, directory.resolve("new"), NativeLibraryLoaderTest::resource);
        assertThat(library).hasParent(directory.resolve("new"));
        NativeLibraryLoader.link(library);
        assertThat(NativeCalls.dstm_abi()).isEqualTo(NativeCalls.ABI);
    }

    @Test
    void a_copy_that_is_in_use_is_replaced_without_harm(@TempDir Path directory) throws Exception {
        Path library =
                NativeLibraryLoader.extract(Platform.RESOURCE_PREFIX, directory, NativeLibraryLoaderTest::resource);
        NativeLibraryLoader.link(library);
        NativeLibraryLoader.extract(Platform.RESOURCE_PREFIX, directory, NativeLibraryLoaderTest::resource);
        assertThat(NativeCalls.dstm_abi()).isEqualTo(NativeCalls.ABI);
    }

    @Test
    void both_machines_have_a_library() {
        assertThat(resource("/linux-x86-64/libdstmdatapath.so")).isNotNull();
        assertThat(resource("/linux-aarch64/libdstmdatapath.so")).isNotNull();
    }

    @Test
    void says_that_there_is_no_library_for_the_machine(@TempDir Path directory) {
        assertThatThrownBy(() ->
                        NativeLibraryLoader.extract("linux-riscv64", directory, NativeLibraryLoaderTest::resource))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("linux-riscv64")
                .hasMessageContaining("install the bundle dstm-datapath-linux");
    }

    @Test
    void says_that_the_directory_cannot_be_written(@TempDir Path directory) throws Exception {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> NativeLibraryLoader.extract(
                        Platform.RESOURCE_PREFIX, file.resolve("below"), NativeLibraryLoaderTest::resource))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("must exist, be writable and have room");
    }

    @Test
    void says_that_the_file_is_no_library(@TempDir Path directory) throws Exception {
        Path library = NativeLibraryLoader.extract(
                "any",
                directory,
                name -> new ByteArrayInputStream("not an ELF file".getBytes(StandardCharsets.US_ASCII)));
        assertThatThrownBy(() -> NativeLibraryLoader.link(library))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining("Cannot load the native library " + library);
    }

    @Test
    void says_that_the_file_system_does_not_allow_programs(@TempDir Path directory) throws Exception {
        try (Isolated host = Isolated.create()) {
            host.sh("mount -t tmpfs -o noexec none " + directory);
            assertThatThrownBy(() -> host.tryCall(() -> {
                        NativeLibraryLoader.link(NativeLibraryLoader.extract(
                                Platform.RESOURCE_PREFIX, directory, NativeLibraryLoaderTest::resource));
                        return null;
                    }))
                    .isInstanceOf(DatapathException.class)
                    .hasMessageContaining("mounted noexec");
        }
    }
}
