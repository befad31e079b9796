/** Declarative Services components: they connect configuration and services to the engine. */
@NullMarked
package io.dstm.server.internal;

import org.jspecify.annotations.NullMarked;
