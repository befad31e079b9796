/** Leases in append-only files: one flush for many of them. */
@NullMarked
package io.dstm.store.journal.internal;

import org.jspecify.annotations.NullMarked;
