/** Addresses, routes and switches of the kernel, by rtnetlink and /proc/sys. */
@NullMarked
package io.dstm.datapath.internal.netlink;

import org.jspecify.annotations.NullMarked;
