/** The server's side of DHCPv6: what to answer, and the socket it is answered on. */
@NullMarked
package io.dstm.dhcpv6.internal.server;

import org.jspecify.annotations.NullMarked;
