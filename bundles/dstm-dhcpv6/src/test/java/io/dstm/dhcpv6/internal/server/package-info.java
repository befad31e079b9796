/** Tests of the server. */
@NullMarked
package io.dstm.dhcpv6.internal.server;

import org.jspecify.annotations.NullMarked;
