/** Tests of the image's own files. */
package io.dstm.distribution;
