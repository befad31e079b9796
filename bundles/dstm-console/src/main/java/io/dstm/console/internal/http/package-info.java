/** Servlets: from requests to views and back. */
@NullMarked
package io.dstm.console.internal.http;

import org.jspecify.annotations.NullMarked;
