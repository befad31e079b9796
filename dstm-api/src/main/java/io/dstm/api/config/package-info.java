/** Configuration as a value: typed reading with every problem named, and the report of what was refused. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.config;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
