package io.dstm.client.internal.tunnel;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.CounterValue;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The rules with one packet at a time on both sides. */
final class TunnelRig {

    static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:1::77");
    static final Ipv6Address TEP = Ipv6Address.parse("2001:db8:f::1");
    static final int LEASE = Packets.ip("198.51.100.7");
    static final int PLACEHOLDER = Packets.ip("192.0.0.2");
    static final int REMOTE = Packets.ip("203.0.113.80");
    static final long SECOND = 1_000_000_000L;

    final NodeCounters counters = new NodeCounters();
    final List<String> needs = new ArrayList<>();
    final NodeTunnel tunnel;
    long nanos = -5 * SECOND;

    private final PacketMemory memory = new PacketMemory(4, 4, 2048);

    TunnelRig() {
        this(1500, 4);
    }

    TunnelRig(int mtu, int waiting) {
        this(new TunnelSettings(mtu, waiting, 64, false, false));
    }

    TunnelRig(TunnelSettings settings) {
        tunnel = new NodeTunnel(
                settings,
                new TunnelListener() {

                    @Override
                    public void packetWaits(int destination, int protocol) {
                        needs.add(new Ipv4Address(destination) + "/" + protocol);
                    }

                    @Override
                    public void pathLearned() {
                        needs.add("path");
                    }

                    @Override
                    public void sourceRefused() {
                        needs.add("refused");
                    }
                },
                counters);
    }

    /** What left. */
    record Out(List<byte[]> toIpv4, List<byte[]> toIpv6) {

        byte[] onlyIpv6() {
            if (toIpv6.size() != 1 || !toIpv4.isEmpty()) {
                throw new AssertionError("expected one packet to IPv6, not " + this);
            }
            return toIpv6.get(0);
        }

        byte[] onlyIpv4() {
            if (toIpv4.size() != 1 || !toIpv6.isEmpty()) {
                throw new AssertionError("expected one packet to IPv4, not " + this);
            }
            return toIpv4.get(0);
        }

        boolean isEmpty() {
            return toIpv4.isEmpty() && toIpv6.isEmpty();
        }
    }

    TunnelRig withLease(PortSet ports) {
        tunnel.connect(lease(ports), nanos + 3600 * 24 * SECOND);
        return this;
    }

    static ClientLease lease(PortSet ports) {
        return new ClientLease(
                new LeaseKey(new Ipv4Address(LEASE), ports),
                NODE,
                TEP,
                Instant.EPOCH,
                Duration.ofMinutes(30),
                Duration.ofMinutes(48),
                Duration.ofHours(1));
    }

    /** A program sends. */
    Out up(byte[] ipv4) {
        PacketOutput out = new PacketOutput(memory);
        tunnel.fromIpv4(batch(ipv4), out, nanos);
        return read(out);
    }

    /** The wire delivers. */
    Out down(byte[] ipv6) {
        PacketOutput out = new PacketOutput(memory);
        tunnel.fromIpv6(batch(ipv6), out, nanos);
        return read(out);
    }

    /** The TEP sends. */
    Out fromTep(byte[] inner) {
        return down(Packets.tunnelled(TEP, NODE, 0, inner));
    }

    private PacketBatch batch(byte[] packet) {
        PacketBatch batch = new PacketBatch(memory, memory.slots());
        memory.bytes().put(memory.slotStart(0), packet);
        batch.add(memory.slotStart(0), packet.length);
        return batch;
    }

    private static Out read(PacketOutput out) {
        return new Out(read(out.toIpv4()), read(out.toIpv6()));
    }

    private static List<byte[]> read(PacketBatch batch) {
        List<byte[]> packets = new ArrayList<>();
        for (int i = 0; i < batch.count(); i++) {
            byte[] packet = new byte[batch.length(i)];
            batch.memory().bytes().get(batch.offset(i), packet);
            packets.add(packet);
        }
        return packets;
    }

    /** Every counter that moved. */
    Map<NodeCounter, Long> moved() {
        return List.of(NodeCounter.values()).stream()
                .filter(counter -> counters.packets(counter) > 0)
                .collect(Collectors.toMap(counter -> counter, counters::packets));
    }

    long bytes(NodeCounter counter) {
        return counters.values().stream()
                .filter(value -> value.name().equals(counter.label()))
                .mapToLong(CounterValue::bytes)
                .sum();
    }

    /** A tunnel whose two sides record what is sent. */
    static final class Recorder implements Datapath.Tunnel {

        final List<byte[]> sentToIpv4 = new ArrayList<>();
        final List<byte[]> sentToIpv6 = new ArrayList<>();

        @Override
        public String device() {
            return "dstm0";
        }

        @Override
        public PacketDevice ipv4() {
            return new Side(sentToIpv4);
        }

        @Override
        public PacketDevice ipv6() {
            return new Side(sentToIpv6);
        }

        @Override
        public Datapath.Statistics statistics() {
            return new Datapath.Statistics(0, 0, 0, 0, 0, 0);
        }

        @Override
        public void close() {}
    }

    private record Side(List<byte[]> sent) implements PacketDevice {

        @Override
        public int receive(PacketBatch into, int timeoutMillis) {
            throw new UnsupportedOperationException("send only");
        }

        @Override
        public int send(PacketBatch batch) {
            sent.addAll(read(batch));
            return batch.count();
        }

        @Override
        public void wakeUp() {}

        @Override
        public void close() {}
    }
}
