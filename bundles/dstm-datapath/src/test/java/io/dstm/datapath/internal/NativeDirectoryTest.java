package io.dstm.datapath.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.osgi.framework.Bundle;
import org.osgi.framework.BundleContext;

class NativeDirectoryTest {

    /** A framework as far as it is asked: a data area and the time of the last update. */
    private static BundleContext context(Path data, long updated) {
        Bundle bundle = (Bundle) Proxy.newProxyInstance(
                NativeDirectoryTest.class.getClassLoader(),
                new Class<?>[] {Bundle.class},
                (self, method, arguments) -> {
                    assertThat(method.getName()).isEqualTo("getLastModified");
                    return updated;
                });
        return (BundleContext) Proxy.newProxyInstance(
                NativeDirectoryTest.class.getClassLoader(),
                new Class<?>[] {BundleContext.class},
                (self, method, arguments) -> switch (method.getName()) {
                    case "getBundle" -> bundle;
                    case "getDataFile" -> data == null ? null : new File(data.toFile(), (String) arguments[0]);
                    default -> throw new AssertionError(method);
                });
    }

    @Test
    void an_update_moves_the_library_and_removes_the_old_copy(@TempDir Path data) throws Exception {
        Path old = NativeDirectory.of(context(data, 1));
        Files.createDirectories(old);
        Files.createFile(old.resolve("lib.so"));
        Path other = Files.createDirectory(data.resolve("other"));

        Path updated = NativeDirectory.of(context(data, 2));

        assertThat(updated).isNotEqualTo(old).hasParentRaw(data);
        assertThat(old).doesNotExist();
        assertThat(other).exists();
    }

    @Test
    void a_restart_keeps_the_directory(@TempDir Path data) throws Exception {
        Path directory = Files.createDirectories(NativeDirectory.of(context(data, 1)));
        assertThat(NativeDirectory.of(context(data, 1))).isEqualTo(directory).exists();
    }

    @Test
    void a_framework_without_storage_has_no_directory() {
        assertThat(NativeDirectory.of(context(null, 1))).isNull();
    }
}
