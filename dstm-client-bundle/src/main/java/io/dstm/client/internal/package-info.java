/** The node's client as a component: configuration in, services out. */
@NullMarked
package io.dstm.client.internal;

import org.jspecify.annotations.NullMarked;
