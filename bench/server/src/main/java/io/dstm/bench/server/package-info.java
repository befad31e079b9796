/** The parts of the product put together outside of a container. */
@NullMarked
package io.dstm.bench.server;

import org.jspecify.annotations.NullMarked;
