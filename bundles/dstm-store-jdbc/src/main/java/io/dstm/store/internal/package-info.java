/** Leases on disk: grouped, flushed commits into an embedded SQL database. */
@NullMarked
package io.dstm.store.internal;

import org.jspecify.annotations.NullMarked;
