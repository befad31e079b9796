/** Header views, checksums and validators over byte buffers: pure functions with absolute offsets, no allocation, no I/O. */
@Export
@Version("1.0.0")
@NullMarked
package io.dstm.packet;

import org.jspecify.annotations.NullMarked;
import org.osgi.annotation.bundle.Export;
import org.osgi.annotation.versioning.Version;
