package io.dstm.api.tep;

import org.jspecify.annotations.Nullable;

/** The TEP did not do what it was asked, and nothing changed. */
public class TepException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Says why, in a sentence for the operator. */
    public TepException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
