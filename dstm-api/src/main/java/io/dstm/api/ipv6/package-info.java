/** IPv6 addresses and delegated prefixes that the server lends besides IPv4: leases, the service and its store. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.ipv6;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
