/** The node as its operators see it: one view behind every door, so that shell, JMX and whatever follows say the same. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.management;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
