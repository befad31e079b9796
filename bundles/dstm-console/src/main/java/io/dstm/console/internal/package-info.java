/** The HTTP door as OSGi sees it. */
@NullMarked
package io.dstm.console.internal;

import org.jspecify.annotations.NullMarked;
