package io.dstm.client.internal.tunnel;

/** What becomes of packets while there is no lease. */
public enum Gate {
    /** They wait, and the first one raises the need. */
    TRIGGER,
    /** They wait; somebody has raised the need. */
    WAIT,
    /** They are dropped and their programs told so: a lease was asked for in vain a moment ago. */
    REFUSE,
    /** They are dropped: packets are no need here. */
    IGNORE
}
