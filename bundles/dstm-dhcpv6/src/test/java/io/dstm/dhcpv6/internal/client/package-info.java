/** Tests of the client. */
@NullMarked
package io.dstm.dhcpv6.internal.client;

import org.jspecify.annotations.NullMarked;
