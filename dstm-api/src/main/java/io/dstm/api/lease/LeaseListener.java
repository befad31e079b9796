package io.dstm.api.lease;

/** Hears of leases; registered as a service. Called on a thread of the server, in the order of the events of one lease. */
@FunctionalInterface
public interface LeaseListener {

    /** Must return soon and must not throw. */
    void onEvent(LeaseEvent event);
}
