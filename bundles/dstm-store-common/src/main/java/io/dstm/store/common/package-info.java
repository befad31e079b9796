/** What stores on disk have in common: configuration, messages, the queue of commits, and being there as a service. */
@NullMarked
package io.dstm.store.common;

import org.jspecify.annotations.NullMarked;
