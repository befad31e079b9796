/** The tunnel end point as OSGi sees it. */
@NullMarked
package io.dstm.tep.internal;

import org.jspecify.annotations.NullMarked;
