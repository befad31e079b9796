package io.dstm.dhcpv6.internal.server;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

/** Messages in a stream, each behind its length in two octets (RFC 5460 section 5.1). */
final class BulkFraming {

    /** No query comes near. */
    static final int LONGEST_QUERY = 4096;

    private BulkFraming() {}

    /**
     * The next message; empty at the end of the stream.
     *
     * @throws IOException if the stream breaks, ends within a message, or the message is longer than any query
     */
    static Optional<byte[]> read(InputStream in) throws IOException {
        int high = in.read();
        if (high < 0) {
            return Optional.empty();
        }
        int low = in.read();
        if (low < 0) {
            throw new EOFException("the stream ends within a length");
        }
        int length = high << 8 | low;
        if (length > LONGEST_QUERY) {
            throw new IOException("a query of " + length + " octets");
        }
        byte[] message = new byte[length];
        new DataInputStream(in).readFully(message);
        return Optional.of(message);
    }

    /** Writes a message, which must be one that a datagram could hold. */
    static void write(OutputStream out, byte[] message) throws IOException {
        out.write(message.length >>> 8);
        out.write(message.length);
        out.write(message);
    }
}
