package io.dstm.store.internal;

import io.dstm.store.contract.StoreProcess;

/** Another process with a store. */
final class Child {

    private Child() {}

    /** See {@link StoreProcess#run}. */
    public static void main(String[] arguments) throws Exception {
        StoreProcess.run(H2::open, arguments);
    }
}
