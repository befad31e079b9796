/** The {@code dstm} commands: thin classes that ask the node and hand what they get to a view, which is text or JSON. */
@NullMarked
package io.dstm.shell.internal;

import org.jspecify.annotations.NullMarked;
