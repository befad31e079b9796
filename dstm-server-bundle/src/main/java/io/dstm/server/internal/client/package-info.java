/** Who holds leases, packed for memory. */
@NullMarked
package io.dstm.server.internal.client;

import org.jspecify.annotations.NullMarked;
