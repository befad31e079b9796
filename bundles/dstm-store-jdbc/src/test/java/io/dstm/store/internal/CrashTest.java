package io.dstm.store.internal;

import io.dstm.store.common.DurableStore;
import io.dstm.store.contract.CrashContract;
import java.nio.file.Path;

class CrashTest extends CrashContract {

    @Override
    protected DurableStore open(Path where) throws Exception {
        return H2.open(where);
    }

    @Override
    protected Class<?> main() {
        return Child.class;
    }
}
