package io.dstm.store.journal.internal;

/**
 * How large files get.
 *
 * @param segment octets that make a segment of the journal full
 * @param historyEntries entries that make a file of the history full
 */
public record JournalSizes(int segment, int historyEntries) {

    /** A few hundred thousand leases in a segment; a file of the history is read in some milliseconds. */
    public static final JournalSizes USUAL = new JournalSizes(16 << 20, 1 << 16);
}
