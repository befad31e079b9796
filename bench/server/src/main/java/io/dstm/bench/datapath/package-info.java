/** A TEP with its datapath, without Karaf, for {@code bench/datapath}. */
@NullMarked
package io.dstm.bench.datapath;

import org.jspecify.annotations.NullMarked;
