/** Tests of what server and client share. */
@NullMarked
package io.dstm.dhcpv6.internal.common;

import org.jspecify.annotations.NullMarked;
