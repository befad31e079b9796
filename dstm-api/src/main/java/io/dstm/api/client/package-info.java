/** The node's side: the need for IPv4, the lease that answers it and where leases come from. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.client;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
