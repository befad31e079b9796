/** The rules under packets that nobody would send. */
@NullMarked
package io.dstm.tep.internal.fuzz;

import org.jspecify.annotations.NullMarked;
