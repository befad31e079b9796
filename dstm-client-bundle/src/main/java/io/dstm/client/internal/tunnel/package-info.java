/** What happens to a packet on the node: the rules of the lwB4 (RFC 7596 section 5). */
@NullMarked
package io.dstm.client.internal.tunnel;

import org.jspecify.annotations.NullMarked;
