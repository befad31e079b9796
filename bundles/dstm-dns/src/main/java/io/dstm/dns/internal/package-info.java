/** The node's stub resolver. */
@NullMarked
package io.dstm.dns.internal;

import org.jspecify.annotations.NullMarked;
