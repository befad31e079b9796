package io.dstm.store.common;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The directory that leases are kept in. */
public final class StoreDirectory {

    private StoreDirectory() {}

    /** Creates it if it is not there, for its owner alone since leases say who had which address; it is writable then. */
    public static void prepare(Path directory) throws StoreProblem {
        try {
            if (!Files.isDirectory(directory)) {
                boolean posix = Files.getFileStore(existingParent(directory)).supportsFileAttributeView("posix");
                FileAttribute<?>[] attributes = posix
                        ? new FileAttribute<?>[] {
                            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
                        }
                        : new FileAttribute<?>[0];
                Files.createDirectories(directory, attributes);
            }
        } catch (FileAlreadyExistsException inTheWay) {
            throw notWritable(inTheWay.getFile() + " is not a directory", inTheWay);
        } catch (IOException refused) {
            throw notWritable(directory + " cannot be created (" + refused + ")", refused);
        }
        if (!Files.isWritable(directory)) {
            throw notWritable(directory + " is not writable", null);
        }
    }

    private static Path existingParent(Path directory) {
        Path parent = directory;
        while (!Files.exists(parent) && parent.getParent() != null) {
            parent = parent.getParent();
        }
        return parent;
    }

    /** The problem that leases cannot be written to a directory or file; {@code what} says which and why. */
    public static StoreProblem notWritable(String what, @Nullable Throwable cause) {
        return new StoreProblem(StoreFailure.NOT_WRITABLE, "Leases cannot be stored: " + what, cause);
    }
}
