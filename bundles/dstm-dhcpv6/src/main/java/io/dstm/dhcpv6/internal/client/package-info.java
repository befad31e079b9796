/** The client's side of DHCPv6: exchanges with their retransmission, and the socket they go out of. */
@NullMarked
package io.dstm.dhcpv6.internal.client;

import org.jspecify.annotations.NullMarked;
