/** What can be lent and what of it is taken: pools, their allocation state and the choice of the next slot. */
@NullMarked
package io.dstm.server.internal.pool;

import org.jspecify.annotations.NullMarked;
