package io.dstm.client.internal.tunnel;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.net.PortSet;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class NodeTunnelConcurrencyTest {

    private static final int PACKETS = 200_000;

    private static void judge(NodeTunnel tunnel, boolean up, byte[] packet) {
        PacketMemory memory = new PacketMemory(1, 1, 1024);
        PacketBatch in = new PacketBatch(memory, 1);
        PacketOutput out = new PacketOutput(memory);
        for (int i = 0; i < PACKETS; i++) {
            in.clear();
            out.clear();
            memory.bytes().put(memory.slotStart(0), packet);
            in.add(memory.slotStart(0), packet.length);
            if (up) {
                tunnel.fromIpv4(in, out, i);
            } else {
                tunnel.fromIpv6(in, out, i);
            }
        }
    }

    @Test
    void no_packet_is_lost_or_counted_twice_while_leases_come_and_go() throws Exception {
        TunnelRig rig = new TunnelRig(1500, 64);
        byte[] query = Packets.udp(TunnelRig.PLACEHOLDER, 40000, TunnelRig.REMOTE, 53, new byte[10]);
        byte[] answer = Packets.tunnelled(
                TunnelRig.TEP,
                TunnelRig.NODE,
                0,
                Packets.udp(TunnelRig.REMOTE, 53, TunnelRig.LEASE, 61000, new byte[10]));
        TunnelRig.Recorder wire = new TunnelRig.Recorder();
        rig.tunnel.setGate(Gate.TRIGGER);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<?> up = threads.submit(() -> judge(rig.tunnel, true, query));
            Future<?> down = threads.submit(() -> judge(rig.tunnel, false, answer));
            boolean last;
            do {
                // One more round when both are through, so that what still waits is sent.
                last = up.isDone() && down.isDone();
                rig.tunnel.connect(TunnelRig.lease(PortSet.FULL), Long.MAX_VALUE / 2);
                rig.tunnel.replayWaiting(wire, 0);
                rig.tunnel.sweep(0);
                rig.tunnel.setGate(Gate.TRIGGER);
                wire.sentToIpv6.clear();
            } while (!last);
            up.get();
            down.get();
        } finally {
            threads.shutdownNow();
        }
        assertThat(rig.tunnel.waitingPackets()).isZero();

        long counted = rig.moved().entrySet().stream()
                .filter(entry -> !entry.getKey().label().startsWith("made"))
                .mapToLong(Map.Entry::getValue)
                .sum();
        assertThat(counted).isEqualTo(2L * PACKETS);
        assertThat(rig.moved()).containsKey(NodeCounter.FORWARD_TRANSLATED_IPV4);
    }
}
