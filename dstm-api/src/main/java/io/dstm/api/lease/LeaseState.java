package io.dstm.api.lease;

/**
 * Where a lease is in its life. What is free has no lease.
 *
 * <pre>
 *            offer            allocate             TEP acknowledges
 *   (free) --------> OFFERED ---------> PENDING ---------------------> ACTIVE --+ renew
 *      ^                |  hold over       | TEP or store refuses        |  ^---+
 *      +----------------+&lt;-----------------+                             | expire, release, decline, revoke
 *      |                                                                v
 *      +------------------- hold over ---------- QUARANTINED &lt;------ ENDING
 *                                                     TEP has forgotten
 * </pre>
 */
public enum LeaseState {
    /** Held for a client that was shown it (Advertise) and has not asked for it yet. Not durable. */
    OFFERED,
    /** Being made durable and installed in the TEP; the client has not heard of it. */
    PENDING,
    /** The client has it and the TEP forwards for it. */
    ACTIVE,
    /** Over; the TEP is being told to forget it. Nobody else may have it yet. */
    ENDING,
    /** Forgotten by the TEP and held back, so that late packets and cached names of the old holder die out. */
    QUARANTINED;

    /** Whether {@code next} may follow this state. */
    public boolean mayBecome(LeaseState next) {
        return switch (this) {
            case OFFERED -> next == PENDING;
            case PENDING -> next == ACTIVE;
            case ACTIVE -> next == ACTIVE || next == ENDING;
            case ENDING -> next == QUARANTINED;
            case QUARANTINED -> next == PENDING;
        };
    }
}
