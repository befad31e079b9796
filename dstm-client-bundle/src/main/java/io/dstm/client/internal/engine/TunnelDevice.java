package io.dstm.client.internal.engine;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.tep.CounterValue;
import io.dstm.client.internal.tunnel.Gate;
import io.dstm.client.internal.tunnel.NodeCounters;
import io.dstm.client.internal.tunnel.NodeTunnel;
import io.dstm.client.internal.tunnel.TunnelListener;
import io.dstm.client.internal.tunnel.TunnelSettings;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The node's 4over6 interface with all that moves its packets: what the kernel has of it, the rules, and the faster way round them. It
 * may be closed and opened anew; its counts go on. For the loop thread, unless a method says otherwise.
 */
final class TunnelDevice {

    private static final Logger log = LoggerFactory.getLogger(TunnelDevice.class);

    private final Datapath datapath;
    private final NetworkControl network;
    private final KernelPorts kernelPorts;
    private final TunnelListener listener;
    private final NodeCounters counters = new NodeCounters();
    private final NodeLane lane;

    private NodeTunnel rules;
    private @Nullable NodeInterface open;

    /**
     * A device that is closed.
     *
     * @param listener is told, by packet threads, what packets bring to light
     */
    TunnelDevice(
            ClientConfig config,
            Datapath datapath,
            NetworkControl network,
            KernelPorts kernelPorts,
            TunnelListener listener) {
        this.datapath = datapath;
        this.network = network;
        this.kernelPorts = kernelPorts;
        this.listener = listener;
        this.lane = new NodeLane(datapath);
        this.rules = newRules(config);
    }

    private NodeTunnel newRules(ClientConfig config) {
        TunnelSettings settings = new TunnelSettings(
                config.tunnelMtu(),
                config.queuePackets(),
                config.hopLimit(),
                config.ecn() == ClientConfig.EcnMode.COMPATIBILITY,
                config.prohibitedAnswers());
        return new NodeTunnel(settings, listener, counters);
    }

    /** Opens it without a lease, with rules of its own; nothing is left behind if that fails. */
    void open(ClientConfig config) throws DatapathException {
        rules = newRules(config);
        NodeInterface opened = NodeInterface.open(config, datapath, network, kernelPorts, rules);
        open = opened;
        lane.open(config, opened.tunnel());
    }

    /** Removes it, and with it its addresses and routes. */
    void close() {
        rules.setGate(Gate.IGNORE);
        NodeInterface closing = open;
        open = null;
        if (closing != null) {
            try {
                lane.close();
                closing.close();
            } catch (RuntimeException defect) {
                log.error("DSTM-3010 Defect while the device was closed; it goes on. Please report it", defect);
            }
        }
    }

    /** What the kernel calls it; empty while it is closed. */
    String name() {
        NodeInterface device = open;
        return device == null ? "" : device.tunnel().device();
    }

    /** Why it moves no packets any more though it is open. Somebody may remove it, which nothing tells but the tunnel itself. */
    Optional<String> failure() {
        NodeInterface device = open;
        return device == null ? Optional.empty() : device.tunnel().failure();
    }

    /** Says what becomes of packets while there is no lease. */
    void setGate(Gate gate) {
        rules.setGate(gate);
    }

    /** Lets the rules carry packets of a lease. */
    void connect(HeldLease held) {
        rules.connect(held.lease(), held.time().endNanos());
    }

    /** Shows the leased address to programs; nothing while it is closed. */
    void show(ClientLease lease) throws DatapathException {
        NodeInterface device = open;
        if (device != null) {
            device.carry(lease);
        }
    }

    /** Takes the leased address away from programs; nothing while it is closed. */
    void putDown() throws DatapathException {
        NodeInterface device = open;
        if (device != null) {
            device.putDown();
        }
    }

    /** Opens the faster way anew as it is configured now; it carries nothing yet. */
    void openLane(ClientConfig config) {
        NodeInterface device = open;
        if (device != null) {
            lane.open(config, device.tunnel());
        }
    }

    /** Tells the faster way what the rules know of the lease and its path. */
    void hasten(ClientConfig config, HeldLease held, long now) {
        if (open != null) {
            lane.carry(config, held.lease(), held.time().endNanos(), rules.path(now));
        }
    }

    /** Leaves all packets to the rules. */
    void restLane() {
        lane.rest();
    }

    /** Forgets flows and fragments whose time is over. */
    void sweep(long now) {
        rules.sweep(now);
    }

    /** Lets packets that waited for a lease meet the rules once more. */
    void replayWaiting(long now) {
        NodeInterface device = open;
        if (device != null) {
            try {
                rules.replayWaiting(device.tunnel(), now);
            } catch (DatapathException failed) {
                // The packets are lost as in a full queue; what is wrong shows when the packet threads meet it.
                log.debug("Waiting packets were not sent", failed);
            }
        }
    }

    /** How many packets were carried; any thread. */
    long packets() {
        return counters.forwarded() + lane.packets();
    }

    /** Any thread. */
    List<CounterValue> counters() {
        return lane.addTo(counters.values());
    }

    /** How packets are moved; any thread. */
    String description() {
        return lane.description(datapath.description());
    }
}
