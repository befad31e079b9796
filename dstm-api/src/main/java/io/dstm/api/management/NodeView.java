package io.dstm.api.management;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LatencyHistogram;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.PacketTrace;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What runs on this node and how it fares, read afresh at every call. Roles come and go while the node runs; an absent one is an
 * empty answer, never an error.
 */
public interface NodeView {

    /** The version of DSTM on this node. */
    String version();

    /** The server; empty if this node lends nothing. */
    Optional<ServerView> server();

    /** The TEPs this node can speak to, in order of name. */
    List<TepView> teps();

    /** The client; empty if this node has none. */
    Optional<ClientStatus> client();

    /** Every configuration that was seen, accepted or refused, in order of PID. */
    List<ConfigReport.Entry> configurations();

    /** Who held what when; empty if no store of leases is open on this node. */
    default Optional<LeaseHistory> history() {
        return Optional.empty();
    }

    /** How messages ended, by endpoint and counter, each in order of name. */
    default Map<String, Map<String, Long>> messageCounters() {
        return Map.of();
    }

    /** A server. */
    interface ServerView {

        /** Every pool and how full it is, in order of name. */
        List<PoolStatus> pools();

        /** The leases that match, in order of address and port, one page of them. */
        Page<Lease> leases(Query query);

        /** Has a client ask without waiting for its own time, by whatever protocol can call it. */
        default CompletionStage<ClientCaller.Outcome> call(ClientId client, ClientCaller.Purpose purpose) {
            return CompletableFuture.completedStage(ClientCaller.Outcome.UNAVAILABLE);
        }

        /**
         * Takes a client's lease back: the TEP forgets it before the stage completes, then it is quarantined.
         *
         * @return whether there was one
         */
        default CompletionStage<Boolean> revoke(ClientId client) {
            return CompletableFuture.completedStage(false);
        }

        /** How long the granted allocations took; empty if nobody counts. */
        default Optional<LatencyHistogram> allocationTimes() {
            return Optional.empty();
        }

        /** The active lease of a client. */
        default Optional<Lease> leaseOf(ClientId client) {
            return Optional.empty();
        }
    }

    /** A TEP. */
    interface TepView {

        /** The TEP's name. */
        String name();

        /** How it is. */
        TepStatus status();

        /** Every outcome of a packet with its counter. */
        List<CounterValue> counters();

        /** The last packets that ended in a counter, as {@link TunnelEndPoint#trace} has it. */
        default Optional<PacketTrace> trace(String counter, int count) {
            return Optional.empty();
        }

        /** Ends the recording and forgets the packets. */
        default void endTrace() {}

        /** The bindings that match, in order of address and port, one page of them. */
        Page<Binding> bindings(Query query);
    }
}
