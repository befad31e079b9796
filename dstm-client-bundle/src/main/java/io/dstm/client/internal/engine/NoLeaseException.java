package io.dstm.client.internal.engine;

/** There is no lease and there will be none soon; the message says why. */
public final class NoLeaseException extends Exception {

    private static final long serialVersionUID = 1L;

    NoLeaseException(String message) {
        super(message, null, false, false);
    }
}
