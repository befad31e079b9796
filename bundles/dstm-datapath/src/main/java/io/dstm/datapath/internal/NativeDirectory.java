package io.dstm.datapath.internal;

import java.io.File;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;

/** Where a bundle keeps its copy of the native library. */
final class NativeDirectory {

    private static final String PREFIX = "native-";

    private NativeDirectory() {}

    /**
     * A directory of the bundle's data, another one after each update: JNA knows a library by its path and would go on with the
     * old one. {@code null} if the framework has no storage.
     */
    static @Nullable Path of(BundleContext context) {
        File directory = context.getDataFile(PREFIX + context.getBundle().getLastModified());
        if (directory == null) {
            return null;
        }
        File[] siblings = directory.getParentFile().listFiles((parent, name) -> name.startsWith(PREFIX));
        for (File old : siblings == null ? new File[0] : siblings) {
            if (!old.equals(directory)) {
                delete(old);
            }
        }
        return directory.toPath();
    }

    /** Removes what an earlier version left; a file that stays does no harm. */
    private static void delete(File directory) {
        File[] files = directory.listFiles();
        for (File file : files == null ? new File[0] : files) {
            boolean ignored = file.delete();
        }
        boolean ignored = directory.delete();
    }
}
