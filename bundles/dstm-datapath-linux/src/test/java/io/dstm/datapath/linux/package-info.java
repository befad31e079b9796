/** What the native libraries must be, whatever machine they are for. */
package io.dstm.datapath.linux;
