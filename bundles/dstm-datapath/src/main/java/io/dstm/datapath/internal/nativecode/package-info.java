/** The native library: how it is found and what it offers. */
@NullMarked
package io.dstm.datapath.internal.nativecode;

import org.jspecify.annotations.NullMarked;
