/** What {@code bin/dstm} needs to log in on the machine it runs on. */
@NullMarked
package io.dstm.shell.internal.local;

import org.jspecify.annotations.NullMarked;
