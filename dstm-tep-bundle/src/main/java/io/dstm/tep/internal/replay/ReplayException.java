package io.dstm.tep.internal.replay;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** What the operator gave cannot be used; the message is one sentence that names the file and the reason. */
final class ReplayException extends Exception {

    private static final long serialVersionUID = 1L;

    ReplayException(String message) {
        super(message);
    }

    static ReplayException cannotRead(Path file, IOException cause) {
        return new ReplayException("cannot read " + file + ": " + reason(cause));
    }

    static ReplayException cannotWrite(Path file, IOException cause) {
        return new ReplayException("cannot write " + file + ": " + reason(cause));
    }

    /** Java's exceptions of files have the name as message and say the reason by their class. */
    private static String reason(IOException cause) {
        if (cause instanceof NoSuchFileException) {
            return "no such file or directory";
        }
        if (cause instanceof AccessDeniedException) {
            return "permission denied";
        }
        String reason = cause instanceof FileSystemException fault ? fault.getReason() : cause.getMessage();
        return reason == null ? cause.getClass().getSimpleName() : reason;
    }
}
