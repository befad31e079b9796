package io.dstm.tep.internal.replay;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * The files of one run: written under other names beside their places, and put there all together at the end, so that a run that
 * fails leaves nothing behind and spoils nothing.
 */
final class OutputFiles implements AutoCloseable {

    private static final int BUFFER = 1 << 16;
    private static final int ATTEMPTS = 100;

    private final List<Output> outputs = new ArrayList<>();

    /** A file under way; what is no regular file (a pipe, {@code /dev/null}) is written as it is. */
    private record Output(Path named, Path part, Path place, OutputStream stream) {

        boolean isDirect() {
            return part.equals(place);
        }
    }

    /** Whether both names lead to one regular file, or would. */
    static boolean isSameRegularFile(Path one, Path other) {
        if (Files.exists(one) && !Files.isRegularFile(one)) {
            return false;
        }
        try {
            return Files.exists(one) && Files.exists(other)
                    ? Files.isSameFile(one, other)
                    : one.toAbsolutePath()
                            .normalize()
                            .equals(other.toAbsolutePath().normalize());
        } catch (IOException unclear) {
            return false;
        }
    }

    /** Opens {@code file}; nothing is seen there before {@link #commit()}. */
    OutputStream open(Path file) throws ReplayException {
        try {
            if (Files.isDirectory(file)) {
                throw new ReplayException("cannot write " + file + ": it is a directory");
            }
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                OutputStream stream =
                        new BufferedOutputStream(Files.newOutputStream(file, StandardOpenOption.WRITE), BUFFER);
                outputs.add(new Output(file, file, file, stream));
                return stream;
            }
            // Not the link is to be replaced but the file it leads to.
            Path place = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
            return openPart(file, place);
        } catch (IOException unwritable) {
            throw ReplayException.cannotWrite(file, unwritable);
        }
    }

    private OutputStream openPart(Path named, Path place) throws IOException {
        for (int attempt = 0; ; attempt++) {
            String name =
                    "." + place.getFileName() + "." + ProcessHandle.current().pid() + "-" + attempt + ".part";
            Path part = place.resolveSibling(name);
            try {
                OutputStream stream = new BufferedOutputStream(
                        Files.newOutputStream(part, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), BUFFER);
                // For runs that are interrupted.
                part.toFile().deleteOnExit();
                outputs.add(new Output(named, part, place, stream));
                return stream;
            } catch (FileAlreadyExistsException taken) {
                if (attempt == ATTEMPTS) {
                    throw taken;
                }
            }
        }
    }

    /** Puts all files in their places. */
    void commit() throws ReplayException {
        for (Output output : outputs) {
            try {
                output.stream.close();
            } catch (IOException unwritable) {
                throw ReplayException.cannotWrite(output.named, unwritable);
            }
        }
        for (Output output : outputs) {
            if (!output.isDirect()) {
                try {
                    Files.move(output.part, output.place, StandardCopyOption.ATOMIC_MOVE);
                } catch (IOException unwritable) {
                    throw ReplayException.cannotWrite(output.named, unwritable);
                }
            }
        }
        outputs.clear();
    }

    /** Removes what was not committed. */
    @Override
    public void close() {
        for (Output output : outputs) {
            try {
                output.stream.close();
            } catch (IOException ignored) {
                // What was not written to the end is about to be removed.
            }
            if (!output.isDirect()) {
                try {
                    Files.deleteIfExists(output.part);
                } catch (IOException ignored) {
                    // The reason why this run failed has been given already.
                }
            }
        }
        outputs.clear();
    }
}
