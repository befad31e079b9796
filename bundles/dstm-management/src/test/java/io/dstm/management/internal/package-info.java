/** Tests of the view and its MXBeans. */
package io.dstm.management.internal;
