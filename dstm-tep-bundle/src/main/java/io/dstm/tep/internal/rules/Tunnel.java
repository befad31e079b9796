package io.dstm.tep.internal.rules;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.packet.TransportHeader;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;

/**
 * The rules, once: what happens to a packet, for everything that moves packets. Total functions over buffers: whatever the bytes,
 * each packet ends in exactly one {@link Outcome}, nothing is thrown, and the common path allocates nothing. For one thread;
 * threads of one TEP share the table, the policy and the counters' owner.
 */
public final class Tunnel {

    private static final int PLAIN_LENGTH = Ipv4Header.LENGTH + TransportHeader.PORTS_LENGTH;

    /** How many bindings are fetched at once. Batches are smaller; what they had beyond would be fetched one by one. */
    private static final int MOST_AT_ONCE = 256;

    private final int[] fetched = new int[MOST_AT_ONCE];
    private final Scene scene;
    private final Fragments fragments;
    private final FromClient fromClient;
    private final ToClient toClient;
    private Trace trace = new Trace();

    /**
     * Rules for one thread that share neither path MTUs nor fragments with others.
     *
     * @param counts where outcomes are counted
     * @param secret makes fragment identifications hard to guess; the same for all threads of a TEP
     * @param lane keeps those of the threads apart, 0 to 63
     */
    public Tunnel(Counters.Block counts, long secret, int lane) {
        this(counts, secret, lane, new PathMtus(), new Pieces(counts, secret));
    }

    /** Rules for one of several threads, which share what they learn of paths and the fragments that wait. */
    Tunnel(Counters.Block counts, long secret, int lane, PathMtus pathMtus, Pieces pieces) {
        scene = new Scene(counts, new FragmentIds(secret, lane), pathMtus);
        Sender sender = new Sender(scene);
        Icmp icmp = new Icmp(scene, sender);
        fragments = new Fragments(scene, icmp, pieces.ipv6(), pieces.ipv4());
        toClient = new ToClient(scene, sender, icmp, fragments);
        fromClient = new FromClient(scene, sender, icmp, toClient, fragments);
    }

    /**
     * Judges packets from the tunnel side.
     *
     * @param in whole IPv6 packets
     * @param out takes what leaves
     * @param view the bindings; must not be given back before this returns
     * @param policy settings and limits
     * @param nanos the moment, {@link System#nanoTime()}'s clock
     * @param seconds the same moment since 1970
     */
    public void fromIpv6(PacketBatch in, PacketOutput out, TableView view, Policy policy, long nanos, long seconds) {
        scene.begin(view, policy, out, nanos, seconds);
        fragments.giveUpOld();
        fetchBindings(in, view, Ipv6Header.LENGTH);
        Trace.Watch watch = trace.at(nanos);
        if (watch == null) {
            countArrivals(in, Outcome.IN_ALL_IPV6);
        }
        for (int i = 0; i < in.count(); i++) {
            int length = in.length(i);
            if (watch != null) {
                watched(watch, in.offset(i), length, true);
                continue;
            }
            scene.counts.add(judge(in.offset(i), length, true), length);
        }
        end();
    }

    /** The same for packets from the IPv4 side. */
    public void fromIpv4(PacketBatch in, PacketOutput out, TableView view, Policy policy, long nanos, long seconds) {
        scene.begin(view, policy, out, nanos, seconds);
        fragments.giveUpOld();
        fetchBindings(in, view, 0);
        Trace.Watch watch = trace.at(nanos);
        if (watch == null) {
            countArrivals(in, Outcome.IN_ALL_IPV4);
        }
        for (int i = 0; i < in.count(); i++) {
            int length = in.length(i);
            if (watch != null) {
                watched(watch, in.offset(i), length, false);
                continue;
            }
            scene.counts.add(judge(in.offset(i), length, false), length);
        }
        end();
    }

    /** All at once and before their verdicts: so nobody sees more verdicts than packets. */
    private void countArrivals(PacketBatch in, Outcome outcome) {
        long bytes = 0;
        for (int i = 0; i < in.count(); i++) {
            bytes += in.length(i);
        }
        scene.counts.add(outcome, in.count(), bytes);
    }

    private void end() {
        scene.end();
    }

    /** Lets its packets be watched. For before the first one. */
    void watchBy(Trace shared) {
        trace = shared;
    }

    /** Has the bindings of a batch fetched from memory all at once, where they are too many for the caches. */
    private void fetchBindings(PacketBatch in, TableView view, int headerOffset) {
        if (!view.isLarge()) {
            return;
        }
        ByteBuffer bytes = scene.bytes;
        int[] slots = fetched;
        int count = 0;
        for (int i = 0; i < in.count() && count < MOST_AT_ONCE; i++) {
            int header = in.offset(i) + headerOffset;
            // A guess that is wrong for options or ICMP costs nothing but its use.
            if (in.length(i) >= headerOffset + PLAIN_LENGTH) {
                boolean fromTunnel = headerOffset != 0;
                int address = fromTunnel ? Ipv4Header.source(bytes, header) : Ipv4Header.destination(bytes, header);
                int transport = header + Ipv4Header.LENGTH;
                int port = fromTunnel
                        ? TransportHeader.sourcePort(bytes, transport)
                        : TransportHeader.destinationPort(bytes, transport);
                slots[count++] = view.guess(address, port);
            }
        }
        // In a loop of its own: nothing but reads, so the processor begins the next ones long before the first are
        // done.
        long sum = 0;
        for (int i = 0; i < count; i++) {
            sum += view.touch(slots[i]);
        }
        scene.touched = sum;
    }

    /** Judges one packet and remembers it if the counter that is watched went up by it. */
    private void watched(Trace.Watch watch, int start, int length, boolean fromTunnel) {
        TraceRing ring = watch.ring(fromTunnel);
        // Threads of one direction write by turns.
        synchronized (ring) {
            ring.keep(scene.bytes, start, length, 1);
            scene.ring = ring;
            scene.ringOfTunnel = fromTunnel;
            long before = scene.counts.packets(watch.outcome);
            scene.counts.add(fromTunnel ? Outcome.IN_ALL_IPV6 : Outcome.IN_ALL_IPV4, length);
            scene.counts.add(judge(start, length, fromTunnel), length);
            scene.ring = null;
            scene.countDepartures();
            if (scene.counts.packets(watch.outcome) != before) {
                ring.remember(scene.nanos, scene.table(), fromTunnel, scene.echo);
            }
        }
    }

    private Outcome judge(int start, int length, boolean fromTunnel) {
        try {
            return fromTunnel ? fromClient.judge(start, length) : toClient.judge(start, length);
        } catch (RuntimeException defect) {
            // Must not happen, and a test with random packets sees that it does not; but one packet must not end a
            // tunnel.
            return Outcome.DROP_DEFECT_IP;
        }
    }

    /** How much of the memory for reassembly is taken, in thousandths. For any thread. */
    int reassemblyLevel() {
        return fragments.level();
    }

    /** How many packets wait for fragments. */
    int incomplete() {
        return fragments.incomplete();
    }

    /** Bytes of fragments that are kept. */
    int bytesHeld() {
        return fragments.bytesHeld();
    }
}
