/** The fast path: programs that forward in the kernel's drivers, and the tables that they and the rules share. */
@NullMarked
package io.dstm.datapath.internal.bpf;

import org.jspecify.annotations.NullMarked;
