package io.dstm.dhcpv6.internal.server;

import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/**
 * A file that something is kept in line by line, a later line in place of an earlier one, and that is written anew when most of it is
 * old. Nobody waits for the disk, so a crash loses the last lines. For any thread.
 */
final class LineFile {

    /** Lines that are old before the file is worth being written anew. */
    private static final int WORTHWHILE = 1000;

    private final Path file;
    private final Executor writer;
    private final IntSupplier size;
    private final Supplier<List<String>> all;
    private final Complaints complaints;

    /** What is not yet in the file; guarded by this. */
    private List<String> unwritten = new ArrayList<>();

    /** Guarded by this. */
    private boolean writing;

    /** Belongs to the writer. */
    private long lines;

    private boolean refusing;

    /**
     * Who hears why something is amiss.
     *
     * @param unreadable hears it once
     * @param unwritable hears it once until the file can be written again
     */
    record Complaints(Consumer<String> unreadable, Consumer<String> unwritable) {}

    /**
     * A file that is not read yet.
     *
     * @param writer runs tasks that may block, one at a time
     * @param size how many lines are not old
     * @param all those lines
     */
    LineFile(Path file, Executor writer, IntSupplier size, Supplier<List<String>> all, Complaints complaints) {
        this.file = file;
        this.writer = writer;
        this.size = size;
        this.all = all;
        this.complaints = complaints;
    }

    /** Shows every line; to be called before any is appended. A file that cannot be read is an empty one. */
    void read(Consumer<String> visitor) {
        if (!Files.exists(file)) {
            return;
        }
        try (BufferedReader in = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                lines++;
                visitor.accept(line);
            }
        } catch (IOException unreadable) {
            complaints.unreadable.accept(unreadable.getMessage());
        }
    }

    /** Has a line written before long. */
    void append(String line) {
        synchronized (this) {
            unwritten.add(line);
            if (writing) {
                return;
            }
            writing = true;
        }
        writer.execute(this::drain);
    }

    private void drain() {
        List<String> batch;
        synchronized (this) {
            batch = unwritten;
            unwritten = new ArrayList<>();
            writing = false;
        }
        try {
            if (lines + batch.size() > 2L * size.getAsInt() + WORTHWHILE) {
                replace(all.get());
            } else {
                append(batch);
            }
            refusing = false;
        } catch (IOException refused) {
            if (!refusing) {
                complaints.unwritable.accept(refused.getMessage());
            }
            refusing = true;
        }
    }

    private void append(List<String> batch) throws IOException {
        Files.createDirectories(parent());
        boolean torn = Files.exists(file) && !endsWithLine();
        try (BufferedWriter out = Files.newBufferedWriter(
                file, StandardCharsets.ISO_8859_1, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            if (torn) {
                out.write('\n');
            }
            for (String line : batch) {
                out.write(line);
                out.write('\n');
            }
        }
        lines += batch.size();
    }

    /** A crash can leave half a line, which must not spoil the next one. */
    private boolean endsWithLine() throws IOException {
        long length = Files.size(file);
        if (length == 0) {
            return true;
        }
        try (var in = Files.newByteChannel(file, StandardOpenOption.READ)) {
            ByteBuffer last = ByteBuffer.allocate(1);
            in.position(length - 1).read(last);
            return last.get(0) == '\n';
        }
    }

    private void replace(List<String> whole) throws IOException {
        Files.createDirectories(parent());
        Path temporary = parent().resolve(file.getFileName() + ".new");
        Files.write(temporary, whole, StandardCharsets.ISO_8859_1);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        lines = whole.size();
    }

    private Path parent() throws IOException {
        Path parent = file.toAbsolutePath().getParent();
        if (parent == null) {
            throw new IOException(file + " is no place for a file");
        }
        return parent;
    }
}
