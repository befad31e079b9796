/** Packet devices: TUN and raw IPv6 sockets. */
@NullMarked
package io.dstm.datapath.internal.device;

import org.jspecify.annotations.NullMarked;
