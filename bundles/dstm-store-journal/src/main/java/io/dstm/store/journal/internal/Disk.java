package io.dstm.store.journal.internal;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/** A directory of files as the store needs it, so that tests can take the power from it. For one thread unless it says otherwise. */
public interface Disk extends Closeable {

    /** Where it is, for messages. */
    String place();

    /** The names of all files. */
    List<String> list() throws IOException;

    /** Opens a file to read and write, and creates it if it is not there. */
    File open(String name) throws IOException;

    /** Deletes a file. From any thread. */
    void delete(String name) throws IOException;

    /** Returns when the names of files survive a power cut. */
    void flushNames() throws IOException;

    /** Lets go of the directory. */
    @Override
    void close();

    /** An open file. */
    interface File extends Closeable {

        /** Reads all that fits, up to the end of the file. From any thread. */
        void read(ByteBuffer target, long position) throws IOException;

        /** Writes all of it. */
        void write(ByteBuffer source, long position) throws IOException;

        /** Returns when what was written survives a power cut. From any thread. */
        void flush() throws IOException;

        /** How long it is. */
        long size() throws IOException;

        /** Makes it shorter. */
        void truncate(long size) throws IOException;

        @Override
        void close();
    }
}
