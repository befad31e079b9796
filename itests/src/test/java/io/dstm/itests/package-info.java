/** The assembled distribution, tried from outside. */
@NullMarked
package io.dstm.itests;

import org.jspecify.annotations.NullMarked;
