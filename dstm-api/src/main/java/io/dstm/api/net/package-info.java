/** Addresses, prefixes, ranges and port sets: immutable values with strict parsing and no name lookup. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.net;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
