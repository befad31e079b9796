package io.dstm.store.common;

import io.dstm.api.lease.LeaseStoreException;
import org.jspecify.annotations.Nullable;

/** A failure of the store: id, what happened, what helps, in one sentence. */
public final class StoreProblem extends LeaseStoreException {

    private static final long serialVersionUID = 1L;

    private final StoreFailure failure;

    /** What happened, without id and without what helps. */
    public StoreProblem(StoreFailure failure, String what, @Nullable Throwable cause) {
        super(failure.id() + " " + what + "; " + failure.remedy(), cause);
        this.failure = failure;
    }

    /** What kind of failure. */
    public StoreFailure failure() {
        return failure;
    }
}
