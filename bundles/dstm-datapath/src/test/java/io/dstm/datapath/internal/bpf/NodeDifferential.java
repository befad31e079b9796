package io.dstm.datapath.internal.bpf;

import io.dstm.api.client.ClientLease;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.client.internal.tunnel.NodeTunnel;
import io.dstm.client.internal.tunnel.TunnelSettings;
import io.dstm.datapath.internal.testing.NodeRules;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** The node's programs for tc beside the node's rules, both with the same lease. */
final class NodeDifferential extends Differential {

    static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");
    static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:a::1");
    static final Ipv4Address LEASE = Ipv4Address.parse("192.0.2.1");
    static final Ipv4Address PEER = Ipv4Address.parse("198.51.100.5");
    static final int FIRST_RESERVED = NodeTunnel.FIRST_TRANSLATED_PORT;

    private static final int LEFT = -1;
    private static final int REDIRECT = 7;
    private static final List<Ipv4Address> ADDRESSES = Arrays.stream(new String[] {
                "192.0.2.1",
                "192.0.0.2",
                "192.0.2.9",
                "127.0.0.1",
                "224.0.0.1",
                "0.1.2.3",
                "255.255.255.255",
                "169.254.1.1"
            })
            .map(Ipv4Address::parse)
            .toList();

    private final TcNodePath path;
    private final int send;
    private final int receive;
    private NodeTunnel rules = NodeRules.silent();
    private Ipv4Address address = LEASE;
    private String means = "";

    NodeDifferential() throws Exception {
        host.sh("ip tuntap add dstm0 mode tun");
        int tunnel =
                Integer.parseInt(host.sh("ip -o link show dstm0 | cut -d: -f1").strip());
        path = host.call(() -> new TcNodePath("dstm0", tunnel, 1, node -> Map.of(device, "wire0")));
        send = host.call(() -> path.program("send_frame"));
        receive = host.call(() -> path.program("receive"));
        take(LEASE, new TunnelSettings(1500, 16, 64, false, false), 1500, later());
    }

    private static long later() {
        return System.nanoTime() + Duration.ofHours(1).toNanos();
    }

    /** Programs and rules have this lease; the programs know of a path that is as narrow. */
    void take(Ipv4Address leased, TunnelSettings settings, int pathMtu, long end) {
        address = leased;
        rules = NodeRules.of(settings);
        ClientLease lease = new ClientLease(
                new LeaseKey(leased, PortSet.FULL),
                NODE,
                TEP,
                Instant.EPOCH,
                Duration.ofHours(1),
                Duration.ofHours(1),
                Duration.ofHours(1));
        rules.connect(lease, end);
        host.run(() -> path.carry(new NodePath.Lease(
                leased,
                NODE,
                TEP,
                end,
                FIRST_RESERVED,
                settings.tunnelMtu(),
                pathMtu,
                end,
                settings.hopLimit(),
                settings.ecnCompatibility() ? 0xFC : 0xFF)));
        means = leased + ", " + settings + ", path MTU " + pathMtu;
    }

    /** The programs carry nothing from now on. */
    void rest() {
        path.rest();
    }

    @Override
    void arrange(Random random) {
        int ipv6Mtu = random.nextInt(8) == 0 ? 1280 + random.nextInt(220) : 1500;
        host.sh("ip route replace default via 2001:db8:fe::2 mtu lock " + ipv6Mtu);
        int tunnelMtu = random.nextInt(3) == 0 ? 1280 + random.nextInt(300) : 1500;
        TunnelSettings settings = new TunnelSettings(
                tunnelMtu, 16, 1 + random.nextInt(255), random.nextInt(3) == 0, random.nextBoolean());
        int pathMtu = random.nextInt(4) == 0 ? 1280 + random.nextInt(tunnelMtu - 1279) : tunnelMtu;
        boolean ended = random.nextInt(20) == 0;
        take(
                new Ipv4Address(LEASE.value() + random.nextInt(200)),
                settings,
                pathMtu,
                ended ? System.nanoTime() - 1 : later());
    }

    @Override
    void stir(Random random) {
        // A node has one lease and nothing that changes by itself.
    }

    @Override
    Packet next(Random random) {
        while (true) {
            Packet packet = any(random);
            // The kernel tries programs for tc on nothing that is shorter than a header.
            if (packet.bytes().length >= (packet.tunnelled() ? 40 : 20)) {
                return packet;
            }
        }
    }

    private Packet any(Random random) {
        boolean tunnelled = random.nextBoolean();
        Ipv4Address mine = other(random, address);
        Ipv4Address other = other(random, PEER);
        int myPort = random.nextInt(8) == 0 ? random.nextInt(65536) : 1024 + random.nextInt(55_000);
        int otherPort = random.nextInt(65536);
        if (!tunnelled) {
            byte[] packet = NearlyRight.ipv4(random, mine, myPort, other, otherPort, myPort);
            return new Packet(packet, false);
        }
        byte[] packet = NearlyRight.ipv4(random, other, otherPort, mine, myPort, myPort);
        Ipv6Address from = random.nextInt(16) == 0 ? Ipv6Address.parse("2001:db8::2") : TEP;
        return new Packet(NearlyRight.padded(random, NearlyRight.tunnelled(random, packet, from, NODE)), true);
    }

    private static Ipv4Address other(Random random, Ipv4Address right) {
        return random.nextInt(16) == 0 ? ADDRESSES.get(random.nextInt(ADDRESSES.size())) : right;
    }

    @Override
    Bpf.Tested tried(boolean tunnelled, byte[] frame) throws DatapathException {
        return Bpf.testSocketBuffer(tunnelled ? receive : send, device, frame);
    }

    /** Sends a frame to the program that takes packets from the tunnel. In the isolated thread. */
    Bpf.Tested received(byte[] frame) throws DatapathException {
        return Bpf.testSocketBuffer(receive, device, frame);
    }

    @Override
    int forwards() {
        return REDIRECT;
    }

    @Override
    int leaves() {
        return LEFT;
    }

    @Override
    void checkHeader(byte[] frame) {
        // The kernel writes it when it sends.
    }

    @Override
    void judge(boolean tunnelled, PacketBatch in, PacketOutput out) {
        if (tunnelled) {
            rules.fromIpv6(in, out, System.nanoTime());
        } else {
            rules.fromIpv4(in, out, System.nanoTime());
        }
    }

    @Override
    FastPath.Counts counts() {
        return path.counts();
    }

    @Override
    public String toString() {
        return means;
    }

    @Override
    public void close() throws Exception {
        path.close();
        super.close();
    }
}
