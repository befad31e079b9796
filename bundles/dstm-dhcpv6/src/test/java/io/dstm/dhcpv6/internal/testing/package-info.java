/** Stand-ins for time, wire and lease service. */
@NullMarked
package io.dstm.dhcpv6.internal.testing;

import org.jspecify.annotations.NullMarked;
