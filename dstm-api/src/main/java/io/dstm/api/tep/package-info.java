/** The tunnel end point as the server sees it: bindings go in, acknowledgements come out. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.tep;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
