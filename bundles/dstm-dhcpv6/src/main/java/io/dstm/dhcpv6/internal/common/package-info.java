/** What server and client share: identity on disk, Netty transport, state of the configuration. */
@NullMarked
package io.dstm.dhcpv6.internal.common;

import org.jspecify.annotations.NullMarked;
