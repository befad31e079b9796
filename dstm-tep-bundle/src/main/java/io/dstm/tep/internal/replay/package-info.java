/** The rules on captures instead of devices, {@code bin/tep-replay}: a plain Java program without OSGi, clock or network. */
@NullMarked
package io.dstm.tep.internal.replay;

import org.jspecify.annotations.NullMarked;
