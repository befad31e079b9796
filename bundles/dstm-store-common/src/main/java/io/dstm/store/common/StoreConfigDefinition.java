package io.dstm.store.common;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;
import org.osgi.service.metatype.annotations.Option;

/** Describes {@code etc/io.dstm.store.cfg} to tools; the values are read by {@link StoreConfig}. */
@ObjectClassDefinition(
        name = "DSTM lease store",
        description = "Where leases are kept. Works without a file, with the defaults. Changes apply at once.")
public @interface StoreConfigDefinition {

    /** The engine. */
    @AttributeDefinition(
            name = "Engine",
            description =
                    "What keeps the leases: journal, or h2 where the feature dstm-store-h2 is installed. Leases do not"
                            + " move when it is changed: export them before and import them afterwards.",
            options = {@Option(value = "journal"), @Option(value = "h2")})
    String engine() default StoreConfig.DEFAULT_ENGINE;

    /** The directory. */
    @AttributeDefinition(
            name = "Directory",
            description = "Directory of the leases, created if missing. Leases do not move when it is changed.")
    String directory() default StoreConfig.DEFAULT_DIRECTORY;

    /** The bound of the queue. */
    @AttributeDefinition(
            name = "Queue limit",
            description = "How many changes may wait for the disk; beyond that clients are refused at once.",
            min = "1",
            max = "10000000")
    int queue_limit() default StoreConfig.DEFAULT_QUEUE_LIMIT;

    /** How long the past is kept. */
    @AttributeDefinition(
            name = "Keep history",
            description =
                    "How long it is kept who held which address and ports when, counted from the end of each holding;"
                            + " 0 to keep nothing. What the law of the place asks for or allows decides.")
    String history_keep() default StoreConfig.DEFAULT_HISTORY_KEEP;

    /** The bound of the past. */
    @AttributeDefinition(
            name = "History limit",
            description = "How many entries of the past there may be, about 200 bytes each; beyond that the oldest are"
                    + " dropped early.",
            min = "1000",
            max = "1000000000")
    long history_limit() default StoreConfig.DEFAULT_HISTORY_LIMIT;
}
