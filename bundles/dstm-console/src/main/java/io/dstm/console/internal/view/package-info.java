/** What the node looks like from outside: JSON, metrics and health, without any HTTP. */
@NullMarked
package io.dstm.console.internal.view;

import org.jspecify.annotations.NullMarked;
