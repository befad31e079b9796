/** Configuration of the server and its pools as values, and the registry that keeps the last good of each. */
@NullMarked
package io.dstm.server.internal.config;

import org.jspecify.annotations.NullMarked;
