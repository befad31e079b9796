package io.dstm.store.common;

/** What can go wrong with the store, each with its message id and what the operator can do about it. */
public enum StoreFailure {
    /** The directory or the file cannot be created or written. */
    NOT_WRITABLE("DSTM-7010", "give the user that runs the server write access to the directory, or set another one"),
    /** Another process has the file open. */
    LOCKED("DSTM-7011", "stop the other process, or set another directory"),
    /** The file is not what the database wrote. */
    CORRUPT("DSTM-7012", "put a backup in its place, or move it away to start without leases"),
    /** No space left. */
    DISK_FULL("DSTM-7013", "free space on its file system"),
    /** Written by a newer release. */
    NEWER(
            "DSTM-7014",
            "install the release that wrote it or a later one, or restore the backup from before the upgrade"),
    /** Any other failure of the database or the disk. */
    BROKEN("DSTM-7015", "look at the disk and at the kernel log"),
    /** The database refuses this very change; others are not concerned. */
    REFUSED_CHANGE("DSTM-7016", "report it as a defect with this message"),
    /** More changes wait than the limit allows. */
    BUSY("DSTM-7017", "give the disk less to do, or raise queue.limit"),
    /** The store is stopping or stopped. */
    CLOSED("DSTM-7018", "wait until it is started again"),
    /** A stored lease makes no sense. */
    UNREADABLE("DSTM-7019", "restore a backup and report it as a defect with this message"),
    /** A step from one schema version to the next failed. */
    NOT_MIGRATED("DSTM-7020", "restore the backup from before the upgrade and report it as a defect with this message"),
    /** A question has more answers than fit. */
    TOO_MUCH("DSTM-7022", "ask for a shorter time"),
    /** The directory has the leases of another engine and none of this one. */
    OTHER_ENGINE(
            "DSTM-7024",
            "set the engine that wrote it, export its leases and import them with the other, or move it away to start"
                    + " without leases");

    private final String id;
    private final String remedy;

    StoreFailure(String id, String remedy) {
        this.id = id;
        this.remedy = remedy;
    }

    /** The stable id of the message. */
    public String id() {
        return id;
    }

    /** What the operator can do. */
    public String remedy() {
        return remedy;
    }
}
