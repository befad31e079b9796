/** The fast path, tried frame by frame. */
package io.dstm.datapath.internal.bpf;
