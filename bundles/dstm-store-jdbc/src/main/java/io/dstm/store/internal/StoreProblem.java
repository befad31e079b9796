package io.dstm.store.internal;

import io.dstm.api.lease.LeaseStoreException;
import org.jspecify.annotations.Nullable;

/** A failure of the store: id, what happened, what helps, in one sentence. */
final class StoreProblem extends LeaseStoreException {

    private static final long serialVersionUID = 1L;

    private final StoreFailure failure;

    StoreProblem(StoreFailure failure, String what, @Nullable Throwable cause) {
        super(failure.id() + " " + what + "; " + failure.remedy(), cause);
        this.failure = failure;
    }

    /** What kind of failure. */
    StoreFailure failure() {
        return failure;
    }
}
