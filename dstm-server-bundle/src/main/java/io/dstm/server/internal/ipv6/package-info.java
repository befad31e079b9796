/** Lends IPv6 addresses and delegates prefixes, so that this server can be a link's only one. */
@NullMarked
package io.dstm.server.internal.ipv6;

import org.jspecify.annotations.NullMarked;
