package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.tep.CounterValue;
import io.dstm.client.internal.engine.ClientConfig.DatapathMode;
import io.dstm.client.internal.tunnel.NodeCounter;
import io.dstm.client.internal.tunnel.NodeTunnel;
import io.dstm.client.internal.tunnel.PathEstimate;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a node has of a faster way: tells it of the lease, adds its counts to those of the rules, and says why where there is none. What
 * changes it is for the loop thread.
 */
final class NodeLane {

    private static final Logger log = LoggerFactory.getLogger(NodeLane.class);
    private static final int ALL_BITS = 0xFF;
    private static final int ALL_BUT_ECN = 0xFC;

    private final Datapath datapath;
    private volatile @Nullable NodePath path;
    /** Of ways that were closed. */
    private volatile FastPath.Counts before = FastPath.Counts.NONE;
    /** Why nothing is carried though it is wanted; empty otherwise. */
    private volatile String refusal = "";

    private boolean told;

    NodeLane(Datapath datapath) {
        this.datapath = datapath;
    }

    /** Opens what is wanted; it carries nothing yet. */
    void open(ClientConfig config, Datapath.Tunnel tunnel) {
        close();
        if (config.datapath() == DatapathMode.TUN) {
            return;
        }
        try {
            path = datapath.openNodePath(tunnel);
        } catch (DatapathException | RuntimeException refused) {
            refuse(config, String.valueOf(refused.getMessage()));
        }
    }

    /** Carries common packets of this lease, if it is one that has any. */
    void carry(ClientConfig config, ClientLease lease, long endNanos, PathEstimate known) {
        NodePath open = path;
        if (open == null) {
            return;
        }
        if (!lease.key().ports().isFull()) {
            open.rest();
            refusal = "the address is shared, so that every flow is in the node's own port mapping";
            return;
        }
        try {
            open.carry(new NodePath.Lease(
                    lease.key().address(),
                    lease.tunnelSource(),
                    lease.tunnelAddress(),
                    endNanos,
                    NodeTunnel.FIRST_TRANSLATED_PORT,
                    config.tunnelMtu(),
                    known.mtu(),
                    known.endNanos(),
                    config.hopLimit(),
                    config.ecn() == ClientConfig.EcnMode.COMPATIBILITY ? ALL_BUT_ECN : ALL_BITS));
            refusal = "";
            if (!told) {
                told = true;
                log.info("DSTM-3022 Common packets of {} are carried by {}", config.device(), open.description());
            }
        } catch (DatapathException | RuntimeException refused) {
            refuse(config, String.valueOf(refused.getMessage()));
        }
    }

    private void refuse(ClientConfig config, String reason) {
        boolean news = !reason.equals(refusal);
        refusal = reason;
        told = false;
        if (!news) {
            return;
        }
        if (config.datapath() == DatapathMode.TC) {
            log.warn(
                    "DSTM-3020 Every packet of {} meets the rules, since tc is not possible: {}",
                    config.device(),
                    reason);
        } else {
            log.info(
                    "DSTM-3021 Every packet of {} meets the rules, a faster way is not possible: {}",
                    config.device(),
                    reason);
        }
    }

    /** Leaves all packets to the rules from now on. */
    void rest() {
        NodePath open = path;
        if (open != null) {
            open.rest();
        }
    }

    /** Closes it for good; {@link #open} may open another. */
    void close() {
        NodePath open = path;
        refusal = "";
        told = false;
        if (open != null) {
            open.close();
            FastPath.Counts counted = open.counts();
            FastPath.Counts sum = sum(before, counted);
            path = null;
            before = sum;
        }
    }

    private FastPath.Counts counts() {
        NodePath open = path;
        FastPath.Counts past = before;
        return open == null ? past : sum(past, open.counts());
    }

    private static FastPath.Counts sum(FastPath.Counts one, FastPath.Counts other) {
        return new FastPath.Counts(
                one.decapsulated() + other.decapsulated(),
                one.decapsulatedBytes() + other.decapsulatedBytes(),
                one.encapsulated() + other.encapsulated(),
                one.encapsulatedBytes() + other.encapsulatedBytes());
    }

    /** How many packets were carried; any thread. */
    long packets() {
        FastPath.Counts counts = counts();
        return counts.decapsulated() + counts.encapsulated();
    }

    /** How packets are moved, given how those are that meet the rules; any thread. */
    String description(String rules) {
        String why = refusal;
        NodePath open = path;
        if (!why.isEmpty()) {
            return rules + " (no tc: " + why + ")";
        }
        return open == null ? rules : open.description() + ", " + rules + " for the rest";
    }

    /** The rules' counters with the packets that never met them; any thread. */
    List<CounterValue> addTo(List<CounterValue> counters) {
        FastPath.Counts counts = counts();
        if (counts.equals(FastPath.Counts.NONE)) {
            return counters;
        }
        List<CounterValue> added = new ArrayList<>(counters.size());
        for (CounterValue counter : counters) {
            if (counter.name().equals(NodeCounter.FORWARD_NATIVE_IPV4.label())) {
                added.add(plus(counter, counts.encapsulated(), counts.encapsulatedBytes()));
            } else if (counter.name().equals(NodeCounter.FORWARD_NATIVE_IPV6.label())) {
                added.add(plus(counter, counts.decapsulated(), counts.decapsulatedBytes()));
            } else {
                added.add(counter);
            }
        }
        return added;
    }

    private static CounterValue plus(CounterValue counter, long packets, long bytes) {
        return new CounterValue(counter.name(), counter.packets() + packets, counter.bytes() + bytes);
    }
}
