package io.dstm.api.datapath;

import org.jspecify.annotations.Nullable;

/** The kernel did not do what was asked; the message says what to do about it. */
public class DatapathException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Says what failed, why, and what helps, in a sentence for the operator. */
    public DatapathException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Says what failed, why, and what helps, in a sentence for the operator. */
    public DatapathException(String message) {
        super(message);
    }
}
