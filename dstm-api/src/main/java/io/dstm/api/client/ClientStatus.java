package io.dstm.api.client;

import io.dstm.api.tep.CounterValue;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a node's client is.
 *
 * @param state where it is
 * @param detail one sentence: what it waits for or what is wrong; empty when all is well
 * @param device the 4over6 interface
 * @param source the protocol leases come from; empty while there is none
 * @param lease the lease; {@code null} while there is none
 * @param counters every outcome of a packet on the node
 * @param datapath how packets are moved, and why so; empty if that is not known
 */
public record ClientStatus(
        State state,
        String detail,
        String device,
        String source,
        @Nullable ClientLease lease,
        List<CounterValue> counters,
        String datapath) {

    /** One that does not say how packets are moved. */
    public ClientStatus(
            State state,
            String detail,
            String device,
            String source,
            @Nullable ClientLease lease,
            List<CounterValue> counters) {
        this(state, detail, device, source, lease, counters, "");
    }

    /** Keeps the list unchangeable. */
    public ClientStatus {
        counters = List.copyOf(counters);
    }

    /**
     * The life of a client.
     *
     * <pre>
     *   IDLE --need--&gt; REQUESTING --lease--&gt; BOUND --T1--&gt; RENEWING --T2--&gt; REBINDING
     *    ^                  | refused            ^  |           | lease          | lease
     *    |&lt;-----------------+                    |  |           v                v
     *    |&lt;--------- idle or end of validity ------+&lt;----------+----------------+
     * </pre>
     */
    public enum State {
        /** No lease and no need. */
        IDLE,
        /** Asking for a lease; packets wait. */
        REQUESTING,
        /** Has a lease. */
        BOUND,
        /** Has a lease and asks its server to prolong it. */
        RENEWING,
        /** Has a lease and asks any server to prolong it. */
        REBINDING,
        /** Cannot work; {@code detail} says why. */
        FAILED
    }
}
