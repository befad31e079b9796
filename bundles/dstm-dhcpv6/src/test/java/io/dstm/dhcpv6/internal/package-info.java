/** Tests of client and server together. */
@NullMarked
package io.dstm.dhcpv6.internal;

import org.jspecify.annotations.NullMarked;
