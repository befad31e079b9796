package io.dstm.management.internal;

import io.dstm.api.tep.CounterValue;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The client: {@code io.dstm:type=Client}. Times are ISO 8601 in UTC. */
public interface ClientMXBean {

    /** {@code IDLE}, {@code REQUESTING}, {@code BOUND}, {@code RENEWING}, {@code REBINDING} or {@code FAILED}. */
    String getState();

    /** One sentence: what it waits for or what is wrong; empty when all is well. */
    String getDetail();

    /** The 4over6 interface. */
    String getDevice();

    /** The protocol leases come from; empty while there is none. */
    String getSource();

    /** The lease; {@code null} while there is none. */
    @Nullable
    NodeLease getLease();

    /** Packets and bytes by outcome, since the client started. */
    Map<String, CounterValue> getCounters();

    /**
     * A lease as the node has it.
     *
     * @param address the IPv4 address
     * @param ports the ports of it: {@code all}, a range, or PSID and offset
     * @param tunnelSource the node's end of the tunnel
     * @param tunnelAddress the TEP's end of the tunnel
     * @param obtained when it was given or last renewed
     * @param expires when it ends if it is not renewed
     * @param renewable whether the server will prolong it
     */
    record NodeLease(
            String address,
            String ports,
            String tunnelSource,
            String tunnelAddress,
            String obtained,
            String expires,
            boolean renewable) {}
}
