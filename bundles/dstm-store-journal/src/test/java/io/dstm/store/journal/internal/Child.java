package io.dstm.store.journal.internal;

import io.dstm.store.contract.StoreProcess;

/** Another process with a store. */
final class Child {

    private Child() {}

    /** See {@link StoreProcess#run}. */
    public static void main(String[] arguments) throws Exception {
        StoreProcess.run(Journals::open, arguments);
    }
}
