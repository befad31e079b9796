package io.dstm.datapath.internal.nativecode;

import com.sun.jna.Native;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import io.dstm.api.datapath.DatapathException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Loads the native library once a class loader. It comes from the file that {@code -Ddstm.native} names, or else from the
 * resources of the native fragment, copied to where programs may be run from.
 */
public final class NativeLibraryLoader {

    /** System property with the path of a library to load instead of the fragment's. */
    public static final String PROPERTY = "dstm.native";

    private static final String FILE = "libdstmdatapath.so";

    private static final Object LOCK = new Object();
    private static boolean loaded;

    private NativeLibraryLoader() {}

    /**
     * Makes {@link NativeCalls} callable; does nothing if it is already.
     *
     * @param directory where the library may be copied to; {@code null} for a new directory below {@code java.io.tmpdir}
     * @throws DatapathException if there is no library for this machine or the system refuses to load it
     */
    public static void load(@Nullable Path directory) throws DatapathException {
        synchronized (LOCK) {
            if (!loaded) {
                link(locate(directory));
                loaded = true;
            }
        }
    }

    private static Path locate(@Nullable Path directory) throws DatapathException {
        String named = System.getProperty(PROPERTY);
        if (named != null) {
            return Path.of(named).toAbsolutePath();
        }
        return extract(prefix(), directory, NativeLibraryLoader.class::getResourceAsStream);
    }

    private static String prefix() throws DatapathException {
        try {
            return Platform.RESOURCE_PREFIX;
        } catch (LinkageError unusable) {
            throw jnaUnusable(unusable);
        }
    }

    /** Copies the library for a machine out of the resources. */
    static Path extract(String prefix, @Nullable Path directory, Function<String, @Nullable InputStream> resources)
            throws DatapathException {
        String name = "/" + prefix + "/" + FILE;
        try (InputStream library = resources.apply(name)) {
            if (library == null) {
                throw new DatapathException("There is no native library for this machine (" + prefix
                        + "): install the bundle dstm-datapath-linux, which serves linux-x86-64 and linux-aarch64, or name"
                        + " one with -D" + PROPERTY);
            }
            boolean temporary = directory == null;
            Path folder = directory == null ? Files.createTempDirectory("dstm-native-") : directory;
            Files.createDirectories(folder);
            Path target = folder.resolve(FILE);
            Files.copy(library, target, StandardCopyOption.REPLACE_EXISTING);
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwx------"));
            if (temporary) {
                folder.toFile().deleteOnExit();
                target.toFile().deleteOnExit();
            }
            return target;
        } catch (IOException failure) {
            throw new DatapathException(
                    "Cannot copy the native library to "
                            + (directory == null ? System.getProperty("java.io.tmpdir") : directory)
                            + " (" + failure + "): the directory must exist, be writable and have room",
                    failure);
        }
    }

    /** Binds {@link NativeCalls} to a library file. */
    static void link(Path file) throws DatapathException {
        try {
            Native.register(NativeCalls.class, NativeLibrary.getInstance(file.toString()));
        } catch (UnsatisfiedLinkError refused) {
            throw new DatapathException(explain(file, String.valueOf(refused.getMessage())), refused);
        } catch (LinkageError unusable) {
            throw jnaUnusable(unusable);
        }
        int abi = NativeCalls.dstm_abi();
        if (abi != NativeCalls.ABI) {
            throw new DatapathException(
                    "The native library " + file + " speaks version " + abi + " of the interface and not "
                            + NativeCalls.ABI + ": install dstm-datapath and dstm-datapath-linux of one release");
        }
    }

    private static String explain(Path file, String reason) {
        String first = reason.lines().findFirst().orElse(reason);
        if (reason.contains("failed to map segment") || reason.contains("Operation not permitted")) {
            return "The file system of " + file + " does not allow programs (mounted noexec): " + first
                    + ". Put Karaf's data directory, or without Karaf -Djava.io.tmpdir, on one that does, or name an"
                    + " installed copy with -D" + PROPERTY;
        }
        return "Cannot load the native library " + file + ": " + first;
    }

    private static DatapathException jnaUnusable(LinkageError unusable) {
        return new DatapathException(
                "JNA cannot load its own native part (" + unusable.getMessage()
                        + "): give it a directory that is writable"
                        + " and allows programs (not mounted noexec) with -Djna.tmpdir",
                unusable);
    }
}
