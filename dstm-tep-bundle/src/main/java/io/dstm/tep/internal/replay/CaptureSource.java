package io.dstm.tep.internal.replay;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The bytes of a capture, read once from front to back, so that a capture may be longer than memory, or a pipe. */
final class CaptureSource implements AutoCloseable {

    private static final int BUFFER = 1 << 16;

    private final Path file;
    private final InputStream in;
    private final ByteBuffer window = ByteBuffer.allocate(64);
    private long position;
    /** Where the record or block begins that is being read, for messages. */
    private long recordStart;

    CaptureSource(Path file) throws ReplayException {
        this.file = file;
        try {
            if (Files.isDirectory(file)) {
                throw new ReplayException("cannot read " + file + ": it is a directory");
            }
            in = new BufferedInputStream(Files.newInputStream(file), BUFFER);
        } catch (IOException unreadable) {
            throw ReplayException.cannotRead(file, unreadable);
        }
    }

    void setOrder(ByteOrder order) {
        window.order(order);
    }

    /** Begins a record with a head of {@code length} bytes, at most 64; {@code null} at the end of the capture. */
    @Nullable
    ByteBuffer record(int length) throws ReplayException {
        recordStart = position;
        int got = fill(window.array(), length);
        if (got == 0) {
            return null;
        }
        if (got < length) {
            throw truncated();
        }
        return window.position(0).limit(length);
    }

    /** Reads {@code length} more bytes of the record into a window that is valid until the next call. */
    ByteBuffer more(int length) throws ReplayException {
        read(window.array(), length);
        return window.position(0).limit(length);
    }

    /** Reads {@code length} more bytes of the record. */
    void read(byte[] into, int length) throws ReplayException {
        if (fill(into, length) < length) {
            throw truncated();
        }
    }

    private int fill(byte[] into, int length) throws ReplayException {
        try {
            int got = in.readNBytes(into, 0, length);
            position += got;
            return got;
        } catch (IOException unreadable) {
            throw ReplayException.cannotRead(file, unreadable);
        }
    }

    void skip(long length) throws ReplayException {
        try {
            in.skipNBytes(length);
            position += length;
        } catch (EOFException end) {
            throw truncated();
        } catch (IOException unreadable) {
            throw ReplayException.cannotRead(file, unreadable);
        }
    }

    private ReplayException truncated() {
        return new ReplayException(file + " is truncated: it ends within what begins at byte " + recordStart);
    }

    ReplayException malformed(String reason) {
        return new ReplayException(file + " is malformed at byte " + recordStart + ": " + reason);
    }

    ReplayException unusable(String reason) {
        return new ReplayException(file + " " + reason);
    }

    @Override
    public void close() {
        try {
            in.close();
        } catch (IOException ignored) {
            // Everything that was wanted has been read.
        }
    }
}
