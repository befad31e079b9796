/** Who may do what: accounts, sessions and the guard of the door. */
@NullMarked
package io.dstm.console.internal.access;

import org.jspecify.annotations.NullMarked;
