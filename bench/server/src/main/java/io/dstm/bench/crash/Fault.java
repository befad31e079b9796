package io.dstm.bench.crash;

/** What is broken on purpose, for the harness to show that it notices. */
public enum Fault {
    /** Nothing. */
    NONE,
    /** The disk says that it flushed and did not. */
    NO_FLUSH,
    /** Clients are answered before their lease is on disk. */
    ANSWER_BEFORE_COMMIT,
    /** Clients are answered before the TEP knows of their lease. */
    ANSWER_BEFORE_TEP
}
