/** The life of leases: one writer thread, the book of leases, and the links to store and TEPs. */
@NullMarked
package io.dstm.server.internal.engine;

import org.jspecify.annotations.NullMarked;
