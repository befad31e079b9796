package io.dstm.client.internal.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.net.PortSet;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A packet of a flow that is known must cost no garbage, or the packet threads stop for the collector. */
class AllocationTest {

    private static final int BATCHES = 5_000;
    private static final int BATCH = 32;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final PacketMemory memory = new PacketMemory(BATCH, BATCH, 2048);
    private final PacketBatch in = new PacketBatch(memory, BATCH);
    private final PacketOutput out = new PacketOutput(memory);

    /** Garbage in bytes that judging a known packet many times makes, once the code is warm. */
    private long garbage(TunnelRig rig, boolean up, byte[] packet) {
        long before = 0;
        long forwarded = rig.counters.forwarded();
        for (int i = 0; i < 2 * BATCHES; i++) {
            if (i == BATCHES) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            in.clear();
            out.clear();
            for (int slot = 0; slot < BATCH; slot++) {
                memory.bytes().put(memory.slotStart(slot), packet);
                in.add(memory.slotStart(slot), packet.length);
            }
            if (up) {
                rig.tunnel.fromIpv4(in, out, rig.nanos);
            } else {
                rig.tunnel.fromIpv6(in, out, rig.nanos);
            }
        }
        assertThat(rig.counters.forwarded() - forwarded).isEqualTo(2L * BATCHES * BATCH);
        return threads.getCurrentThreadAllocatedBytes() - before;
    }

    private void assertNoGarbage(TunnelRig rig, byte[] up) {
        byte[] outside = Packets.inner(rig.up(up).onlyIpv6());
        byte[] answer = Packets.tunnelled(
                TunnelRig.TEP,
                TunnelRig.NODE,
                0,
                Packets.udp(TunnelRig.REMOTE, 53, TunnelRig.LEASE, Packets.sourcePort(outside), new byte[100]));

        assertThat(garbage(rig, true, up)).isLessThan(BATCHES);
        assertThat(garbage(rig, false, answer)).isLessThan(BATCHES);
    }

    @Test
    void of_a_full_address_makes_no_garbage() {
        assertNoGarbage(
                new TunnelRig().withLease(PortSet.FULL),
                Packets.udp(TunnelRig.LEASE, 40000, TunnelRig.REMOTE, 53, new byte[100]));
    }

    @Test
    void of_a_placeholder_flow_makes_no_garbage() {
        assertNoGarbage(
                new TunnelRig().withLease(PortSet.FULL),
                Packets.udp(TunnelRig.PLACEHOLDER, 40000, TunnelRig.REMOTE, 53, new byte[100]));
    }

    @Test
    void outside_a_port_set_makes_no_garbage() {
        assertNoGarbage(
                new TunnelRig().withLease(PortSet.ofRange(5120, 6143)),
                Packets.udp(TunnelRig.LEASE, 40000, TunnelRig.REMOTE, 53, new byte[100]));
    }
}
