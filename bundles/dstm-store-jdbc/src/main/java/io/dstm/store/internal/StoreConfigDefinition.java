package io.dstm.store.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Describes {@code etc/io.dstm.store.cfg} to tools; the values are read by {@link StoreConfig}. */
@ObjectClassDefinition(
        name = "DSTM lease store",
        description = "Where leases are kept. Works without a file, with the defaults. Changes apply at once.")
public @interface StoreConfigDefinition {

    /** The directory. */
    @AttributeDefinition(
            name = "Directory",
            description = "Directory of the lease file, created if missing. Leases do not move when it is changed.")
    String directory() default StoreConfig.DEFAULT_DIRECTORY;

    /** The bound of the queue. */
    @AttributeDefinition(
            name = "Queue limit",
            description = "How many changes may wait for the disk; beyond that clients are refused at once.",
            min = "1",
            max = "10000000")
    int queue_limit() default StoreConfig.DEFAULT_QUEUE_LIMIT;
}
