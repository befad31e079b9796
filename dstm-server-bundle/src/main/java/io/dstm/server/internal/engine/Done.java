package io.dstm.server.internal.engine;

import org.jspecify.annotations.Nullable;

/** Hears on the engine's thread how something ended. */
@FunctionalInterface
interface Done {

    /** Success with {@code null}, or a sentence that says what failed. */
    void ended(@Nullable String failure);
}
