package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.client.internal.tunnel.TunnelSettings;
import io.dstm.datapath.internal.testing.Packets;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Packets through the node's programs in the kernel: these do what the node's rules do, or leave a packet as it was. */
@Timeout(120)
class NodeCasesTest {

    private static final String TEP = NodeDifferential.TEP.toString();
    private static final String NODE = NodeDifferential.NODE.toString();
    private static final String LEASE = NodeDifferential.LEASE.toString();
    private static final String PEER = NodeDifferential.PEER.toString();
    private static final String PLACEHOLDER = "192.0.0.2";
    private static final int FIRST_RESERVED = NodeDifferential.FIRST_RESERVED;

    private static final int LEFT = -1;
    private static final int TRAFFIC_CLASS = 1;

    private NodeDifferential node;

    @BeforeEach
    void lay() throws Exception {
        node = new NodeDifferential();
    }

    @AfterEach
    void clear() throws Exception {
        if (node != null) {
            node.close();
        }
    }

    private void connect(int pathMtu, long end) {
        node.take(NodeDifferential.LEASE, new TunnelSettings(1500, 16, 64, false, false), pathMtu, end);
    }

    /** Sends a packet through both; whether the program carried it. */
    private boolean agreeOn(boolean up, byte[] packet, String which) {
        return node.host.call(() -> node.agreeOn(new Differential.Packet(packet, !up), () -> which)) > 0;
    }

    private static byte[] outgoing() {
        return Packets.udp(LEASE, 5000, PEER, 53, Packets.pattern(60, 1));
    }

    private static byte[] incoming() {
        return tunnelled(Packets.udp(PEER, 53, LEASE, 5000, Packets.pattern(60, 1)));
    }

    private static byte[] tunnelled(byte[] inner) {
        return Packets.ipv6(inner[TRAFFIC_CLASS] & 0xFF, 4, 60, TEP, NODE, inner);
    }

    /** With the octets at a place replaced, and the header checksum of the IPv4 packet at {@code header} made to fit. */
    private static byte[] with(byte[] packet, int header, int at, String hex) {
        byte[] changed = packet.clone();
        byte[] octets = HexFormat.of().parseHex(hex);
        System.arraycopy(octets, 0, changed, at, octets.length);
        return Packets.sound(changed, header);
    }

    @Test
    void carries_what_is_common() {
        assertThat(agreeOn(true, outgoing(), "UDP out")).isTrue();
        assertThat(agreeOn(false, incoming(), "UDP in")).isTrue();
        byte[] tcp = with(outgoing(), 0, 9, "06");
        tcp[20 + 12] = 0x50;
        assertThat(agreeOn(true, Packets.sound(tcp, 0), "TCP out")).isTrue();
        byte[] echo = with(outgoing(), 0, 9, "01");
        echo[20] = 8;
        assertThat(agreeOn(true, Packets.sound(echo, 0), "echo out")).isTrue();
        byte[] reply = with(incoming(), 40, 40 + 9, "01");
        reply[60] = 0;
        assertThat(agreeOn(false, reply, "echo reply in")).isTrue();
        assertThat(agreeOn(true, Packets.udp(LEASE, 1, PEER, 2, new byte[1432]), "as long as fits"))
                .isTrue();
        assertThat(agreeOn(true, with(outgoing(), 0, 1, "bb"), "marked and classed out"))
                .isTrue();
        assertThat(node.counts().encapsulated()).isEqualTo(5);
        assertThat(node.counts().decapsulated()).isEqualTo(2);
    }

    @Test
    void leaves_what_is_not_common_to_the_rules() {
        byte[] out = outgoing();
        byte[] in = incoming();
        Map<String, byte[]> up = Map.of(
                "a fragment", with(out, 0, 6, "2000"),
                "a later fragment", with(out, 0, 6, "0005"),
                "options", Packets.sound(optioned(out), 0),
                "from the placeholder", Packets.udp(PLACEHOLDER, 5000, PEER, 53, new byte[9]),
                "from another address", Packets.udp("192.0.2.9", 5000, PEER, 53, new byte[9]),
                "from a port of translated flows", Packets.udp(LEASE, FIRST_RESERVED, PEER, 53, new byte[9]),
                "to this node", Packets.udp(LEASE, 5000, LEASE, 53, new byte[9]),
                "to a group", Packets.udp(LEASE, 5000, "224.0.0.1", 53, new byte[9]),
                "too long", Packets.udp(LEASE, 5000, PEER, 53, new byte[1433]),
                "another protocol", with(out, 0, 9, "32"));
        up.forEach((which, packet) ->
                assertThat(agreeOn(true, packet, which)).as(which).isFalse());
        byte[] error = with(in, 40, 40 + 9, "01");
        error[60] = 3;
        Map<String, byte[]> down = Map.of(
                "a fragment of the inner packet", with(in, 40, 40 + 6, "2000"),
                "a fragment of the outer packet", Packets.ipv6(0, 44, 60, TEP, NODE, new byte[80]),
                "Destination Options", Packets.ipv6(0, 60, 60, TEP, NODE, new byte[80]),
                "from another tunnel end", Packets.ipv6(0, 4, 60, "2001:db8::2", NODE, Arrays.copyOfRange(in, 40, 128)),
                "to another tunnel end", Packets.ipv6(0, 4, 60, TEP, "2001:db8:a::2", Arrays.copyOfRange(in, 40, 128)),
                "to a port of translated flows", tunnelled(Packets.udp(PEER, 53, LEASE, FIRST_RESERVED, new byte[9])),
                "to another address", tunnelled(Packets.udp(PEER, 53, "192.0.2.9", 5000, new byte[9])),
                "from the node itself", tunnelled(Packets.udp(LEASE, 53, LEASE, 5000, new byte[9])),
                "an ICMP error", error,
                "congestion marked where it is not understood",
                        Packets.ipv6(3, 4, 60, TEP, NODE, Arrays.copyOfRange(in, 40, 128)));
        down.forEach((which, packet) ->
                assertThat(agreeOn(false, packet, which)).as(which).isFalse());
        byte[] elsewhere = Differential.framed(new Differential.Packet(in, true));
        elsewhere[5] = 9;
        assertThat(node.host.call(() -> node.received(elsewhere)).verdict()).isEqualTo(LEFT);
        assertThat(node.counts().encapsulated()).isZero();
        assertThat(node.counts().decapsulated()).isZero();
    }

    private static byte[] optioned(byte[] packet) {
        byte[] longer = new byte[packet.length + 4];
        System.arraycopy(packet, 0, longer, 0, 20);
        Arrays.fill(longer, 20, 24, (byte) 1);
        System.arraycopy(packet, 20, longer, 24, packet.length - 20);
        longer[0] = 0x46;
        ByteBuffer.wrap(longer).putShort(2, (short) longer.length);
        return longer;
    }

    @Test
    void merges_every_mark_and_class_as_the_rules_do() {
        int carried = 0;
        for (int outer = 0; outer < 256; outer += 5) {
            for (int ecn = 0; ecn < 4; ecn++) {
                byte[] inner = with(Packets.udp(PEER, 53, LEASE, 5000, new byte[9]), 0, 1, "0" + ecn);
                byte[] packet = Packets.ipv6(outer, 4, 60, TEP, NODE, inner);
                carried += agreeOn(false, packet, "outer " + outer + ", inner " + ecn) ? 1 : 0;
            }
        }
        assertThat(carried).isGreaterThan(100);
    }

    @Test
    void keeps_to_a_narrow_path_and_to_the_end_of_the_lease() {
        byte[] packet = Packets.udp(LEASE, 5000, PEER, 53, new byte[1400]);
        assertThat(agreeOn(true, packet, "wide")).isTrue();
        connect(1300, System.nanoTime() + Duration.ofHours(1).toNanos());
        assertThat(agreeOn(true, packet, "too long for the path")).isFalse();
        assertThat(agreeOn(true, outgoing(), "fits the path")).isTrue();
        connect(1500, System.nanoTime() - 1);
        assertThat(agreeOn(true, outgoing(), "over")).isFalse();
        assertThat(agreeOn(false, incoming(), "over")).isFalse();
        connect(1500, System.nanoTime() + Duration.ofHours(1).toNanos());
        assertThat(agreeOn(false, incoming(), "again")).isTrue();
        node.rest();
        assertThat(agreeOn(true, outgoing(), "at rest")).isFalse();
        assertThat(agreeOn(false, incoming(), "at rest")).isFalse();
    }

    @Test
    void leaves_packets_to_the_rules_while_there_is_no_way() {
        node.host.sh("ip -6 neigh del 2001:db8:fe::2 dev wire0");
        assertThat(agreeOn(true, outgoing(), "unresolved neighbour")).isFalse();
        node.host.sh("ip -6 neigh replace 2001:db8:fe::2 lladdr 02:00:00:00:00:02 dev wire0");
        assertThat(agreeOn(true, outgoing(), "resolved")).isTrue();
        node.host.sh("ip -6 route replace default via 2001:db8:fe::2 mtu lock 1280");
        assertThat(agreeOn(true, Packets.udp(LEASE, 1, PEER, 2, new byte[1300]), "too long for the route"))
                .isFalse();
        node.host.sh("ip -6 route del default");
        assertThat(agreeOn(true, outgoing(), "no route")).isFalse();
    }
}
