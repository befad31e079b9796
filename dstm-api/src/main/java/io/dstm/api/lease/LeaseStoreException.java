package io.dstm.api.lease;

import org.jspecify.annotations.Nullable;

/** The store could not read or write. */
public class LeaseStoreException extends Exception {

    private static final long serialVersionUID = 1L;

    /** Says what failed, in a sentence for the operator. */
    public LeaseStoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
