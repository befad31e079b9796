/** The binding table: who may use which IPv4 address and ports through which tunnel. No OSGi, no I/O. */
@NullMarked
package io.dstm.tep.internal.table;

import org.jspecify.annotations.NullMarked;
