/** JMX over RMI with TLS, behind the guard of the door over HTTP. */
@NullMarked
package io.dstm.console.internal.jmx;

import org.jspecify.annotations.NullMarked;
