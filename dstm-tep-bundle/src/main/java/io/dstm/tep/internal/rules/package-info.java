/** The rules of the tunnel: what happens to a packet. Total functions over buffers, no OSGi, no I/O, no clock of their own. */
@NullMarked
package io.dstm.tep.internal.rules;

import org.jspecify.annotations.NullMarked;
