/** Packets that an operator watches, in words. */
@NullMarked
package io.dstm.tep.internal.trace;

import org.jspecify.annotations.NullMarked;
