package io.dstm.store.internal;

import io.dstm.store.contract.CommitRates;

/** Measures durable commits a second; see {@link CommitRates#run} for the arguments. */
final class CommitRate {

    private CommitRate() {}

    /** Prints a line a run. */
    public static void main(String[] arguments) throws Exception {
        CommitRates.run(H2::open, arguments);
    }
}
