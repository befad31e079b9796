package io.dstm.datapath.internal.linux;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.Datapath.Specification;
import io.dstm.api.datapath.Datapath.Tunnel;
import io.dstm.api.net.Ipv6Address;
import io.dstm.datapath.internal.testing.Bulk;
import io.dstm.datapath.internal.testing.Encapsulator;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.Packets;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Bulk TCP where links offload, as they do by default: the kernel's own IPv4 in IPv6 (segment routing with one segment) is the
 * client, so that packets of up to 64 KB with unfinished checksums reach the tunnel, as from a network card that joins segments.
 *
 * <pre>
 *   client ==== wire0 (IPv6) wire1 ==== tep -- dstm0, link0 -- (IPv4) link1 -- server
 * </pre>
 */
@Timeout(120)
class OffloadTest {

    private static final String CLIENT = "2001:db8::1";
    private static final String CLIENT_END = "2001:db8:1::1";
    private static final String TEP = "2001:db8::2";
    private static final int LENGTH = 32 << 20;
    private static final int LONGEST = 1460;

    private final LinuxDatapath datapath = new LinuxDatapath(null);
    private Isolated client;
    private Isolated tep;
    private Isolated server;
    private Tunnel tunnel;

    @BeforeEach
    void lay() {
        client = Isolated.create();
        tep = Isolated.create();
        server = Isolated.create();
        client.cable(tep, "wire0", CLIENT, "wire1", TEP);
        client.sh("sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv6.conf.all.seg6_enabled=1"
                + " && ip addr add 10.9.0.1/32 dev lo && ip sr tunsrc set " + CLIENT_END
                + " && ip route add 10.0.0.0/24 encap seg6 mode encap.red segs " + TEP + " dev wire0 src 10.9.0.1"
                + " && ip -6 route add " + CLIENT_END
                + "/128 encap seg6local action End.DX4 nh4 0.0.0.0 dev wire0");
        tep.sh("ip link add link0 type veth peer name link1 netns " + server.netns()
                + " && ip link set link0 up && ip addr add 10.0.0.1/24 dev link0"
                + " && sysctl -qw net.ipv4.ip_forward=1 && ip -6 route add " + CLIENT_END + "/128 via " + CLIENT);
        server.sh("ip link set link1 up && ip addr add 10.0.0.2/24 dev link1 && ip route add 10.9.0.0/16 via 10.0.0.1");
        tunnel = tep.call(() -> datapath.open(
                new Specification("dstm0", 65535, List.of(Ipv6Address.parse(TEP)), 64, LONGEST),
                new Encapsulator(TEP, CLIENT_END)));
        tep.sh("ip route add 10.9.0.1/32 dev dstm0");
        client.awaitReach("10.0.0.2");
    }

    @AfterEach
    void clear() throws Exception {
        datapath.close();
        for (Isolated host : Arrays.asList(client, tep, server)) {
            if (host != null) {
                host.close();
            }
        }
    }

    /** Carries octets from the client's program to the server's, or back. */
    private void carry(boolean up) throws Exception {
        carry(up, server, "10.0.0.2");
    }

    private void carry(boolean up, Isolated host, String address) throws Exception {
        new Bulk(client, "10.9.0.1", host, address).carry(LENGTH, up);
    }

    @Test
    void bulk_from_a_client_passes_in_packets_larger_than_the_wire() throws Exception {
        carry(true);
        assertThat(tunnel.statistics().fromIpv6())
                .as("packets for what takes %d on the wire", LENGTH / LONGEST)
                .isLessThan(LENGTH / LONGEST / 2);
    }

    @Test
    void bulk_to_a_client_passes() throws Exception {
        carry(false);
    }

    @Test
    void segments_become_no_longer_than_the_path_behind_the_tep() throws Exception {
        try (Isolated host = Isolated.create()) {
            server.sh("ip link add link2 type veth peer name link3 netns " + host.netns()
                    + " && ip link set link2 mtu 1000 up && ip addr add 10.0.8.1/24 dev link2"
                    + " && sysctl -qw net.ipv4.ip_forward=1");
            host.sh("ip link set link3 mtu 1000 up && ip addr add 10.0.8.2/24 dev link3"
                    + " && ip route add default via 10.0.8.1");
            tep.sh("ip route add 10.0.8.0/24 via 10.0.0.2");
            client.sh("ip route add 10.0.8.0/24 encap seg6 mode encap.red segs " + TEP + " dev wire0 src 10.9.0.1");
            client.awaitReach("10.0.8.2");

            carry(true, host, "10.0.8.2");
        }
    }

    @Test
    void checksums_of_datagrams_that_were_left_to_the_card_are_finished() throws Exception {
        byte[] payload = Packets.pattern(999, 7);
        try (DatagramSocket sender = client.call(() -> new DatagramSocket(new InetSocketAddress("10.9.0.1", 5000)));
                DatagramSocket receiver =
                        server.call(() -> new DatagramSocket(new InetSocketAddress("10.0.0.2", 6000)))) {
            receiver.setSoTimeout(30_000);
            sender.send(new DatagramPacket(payload, payload.length, InetAddress.getByName("10.0.0.2"), 6000));
            DatagramPacket arrived = new DatagramPacket(new byte[2000], 2000);
            receiver.receive(arrived);
            assertThat(Arrays.copyOf(arrived.getData(), arrived.getLength())).isEqualTo(payload);
        }
    }
}
