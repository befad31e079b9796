/** Kills the server at random moments under load and looks whether it kept its promises. */
@NullMarked
package io.dstm.bench.crash;

import org.jspecify.annotations.NullMarked;
