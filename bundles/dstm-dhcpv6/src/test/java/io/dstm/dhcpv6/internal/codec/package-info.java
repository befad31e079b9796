/** Tests of the codec. */
@NullMarked
package io.dstm.dhcpv6.internal.codec;

import org.jspecify.annotations.NullMarked;
