/** A server that has lent a million addresses. */
@NullMarked
package io.dstm.bench.million;

import org.jspecify.annotations.NullMarked;
