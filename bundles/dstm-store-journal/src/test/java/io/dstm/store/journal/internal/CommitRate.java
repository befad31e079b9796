package io.dstm.store.journal.internal;

import io.dstm.store.contract.CommitRates;
import java.time.InstantSource;

/** Measures durable commits a second; see {@link CommitRates#run} for the arguments. */
final class CommitRate {

    private CommitRate() {}

    /** Prints a line a run. */
    public static void main(String[] arguments) throws Exception {
        CommitRates.run(
                directory -> JournalLeaseStore.open(
                        DirectoryDisk.lock(directory),
                        JournalSizes.USUAL,
                        Journals.LIMIT,
                        Journals.KEEP,
                        InstantSource.system()),
                arguments);
    }
}
