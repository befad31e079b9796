package io.dstm.api.client;

/** The server answered and gave nothing. */
public class LeaseRefusedException extends Exception {

    private static final long serialVersionUID = 1L;

    private final boolean leaseGone;

    /**
     * Says what the server said.
     *
     * @param leaseGone whether the server does not know the lease that was to be prolonged, so that a new one must be asked for
     */
    public LeaseRefusedException(String message, boolean leaseGone) {
        super(message);
        this.leaseGone = leaseGone;
    }

    /** Whether the lease that was to be prolonged is unknown to the server. */
    public boolean leaseGone() {
        return leaseGone;
    }
}
