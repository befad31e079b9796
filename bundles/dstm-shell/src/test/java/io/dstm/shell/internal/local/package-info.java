/** Tests of the local key. */
package io.dstm.shell.internal.local;
