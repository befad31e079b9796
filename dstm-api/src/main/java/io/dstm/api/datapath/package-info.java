/** How packets and devices are reached: batches, packet devices, network control. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.api.datapath;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
