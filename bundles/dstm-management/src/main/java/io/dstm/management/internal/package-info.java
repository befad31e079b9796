/** Gathers what this node's roles say of themselves into one view, and shows it as MXBeans. */
@NullMarked
package io.dstm.management.internal;

import org.jspecify.annotations.NullMarked;
