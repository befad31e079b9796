/** The life of a node's lease: need, acquisition, renewal, end, and what of it the kernel sees. */
@NullMarked
package io.dstm.client.internal.engine;

import org.jspecify.annotations.NullMarked;
