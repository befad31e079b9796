/** The life of a TEP: configuration, bindings from the server, datapath and routes. No OSGi. */
@NullMarked
package io.dstm.tep.internal.control;

import org.jspecify.annotations.NullMarked;
