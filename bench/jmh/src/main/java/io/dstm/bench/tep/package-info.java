/** What the rules of the TEP cost, in memory. */
@NullMarked
package io.dstm.bench.tep;

import org.jspecify.annotations.NullMarked;
