/** Tunnels: the threads that move packets between the devices and the rules. */
@NullMarked
package io.dstm.datapath.internal.linux;

import org.jspecify.annotations.NullMarked;
