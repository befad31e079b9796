/** What the server lends: leases, pools, the service that lends and the store that remembers. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.lease;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
