/** DHCPv6 messages and options as values, and between them and bytes. Plain Java: no sockets, no OSGi. */
@NullMarked
package io.dstm.dhcpv6.internal.codec;

import org.jspecify.annotations.NullMarked;
