package io.dstm.dhcpv6.internal.codec;

/** Ends decoding; never leaves this package. */
final class MalformedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient DecodeError error;

    /** Without a stack trace: anybody who can send can cause it, and filling one in costs more than all of decoding. */
    MalformedException(DecodeError error) {
        super(error.reason(), null, false, false);
        this.error = error;
    }

    DecodeError error() {
        return error;
    }
}
