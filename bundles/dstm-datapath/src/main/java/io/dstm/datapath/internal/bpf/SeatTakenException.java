package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;

/** Where a program is to sit there is another one. */
final class SeatTakenException extends DatapathException {

    private static final long serialVersionUID = 1L;

    SeatTakenException(String message) {
        super(message);
    }
}
