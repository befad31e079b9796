/** What the tests share: isolated threads and packets. */
package io.dstm.datapath.internal.testing;
