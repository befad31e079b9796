package io.dstm.api.management;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Takes leases out of a server and into one, as a JSON file ({@code docs/lease-file.md}). Both may take long and block. */
public interface LeaseTransfer {

    /** So many problems are told in words; all are counted. */
    int MOST_PROBLEMS = 100;

    /**
     * Writes every lease, of IPv4 and IPv6, to a file that does not exist yet.
     *
     * @return how many
     * @throws IOException if there is no server here, or the file exists or cannot be written
     */
    long exportTo(Path file) throws IOException;

    /**
     * Judges a whole file and, unless it is a trial or anything is wrong, has the server take over what it says, with its times:
     * durable, then in the TEP, as for a client that asks. Nothing that is lent already is touched.
     *
     * @throws IOException if there is no server here, or the file cannot be read or is no file of leases
     */
    Outcome importFrom(Path file, boolean trial) throws IOException;

    /**
     * What came of a file.
     *
     * @param leases how many leases it holds, of IPv4 and IPv6, those that rest included
     * @param skipped how many others, which are over by now
     * @param imported how many were taken over
     * @param problems the first of what is wrong
     * @param problemCount how many things are wrong
     */
    record Outcome(long leases, long skipped, long imported, List<String> problems, long problemCount) {

        /** Keeps the list unchangeable. */
        public Outcome {
            problems = List.copyOf(problems);
        }
    }
}
