/** The OSGi components of the datapath. */
@NullMarked
package io.dstm.datapath.internal;

import org.jspecify.annotations.NullMarked;
