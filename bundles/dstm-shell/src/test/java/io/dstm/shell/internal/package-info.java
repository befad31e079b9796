/** Tests of the commands' views against golden files. */
package io.dstm.shell.internal;
