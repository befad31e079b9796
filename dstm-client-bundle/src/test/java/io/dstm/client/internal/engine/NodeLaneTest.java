package io.dstm.client.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus.State;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.NodePath;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.CounterValue;
import io.dstm.packet.Icmpv6;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The engine with a faster way. */
class NodeLaneTest {

    private static final Ipv4Address LEASED = Ipv4Address.parse("198.51.100.7");
    private static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:1::77");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8:f::1");

    private final VirtualLoop loop = new VirtualLoop();
    private final FakeKernel kernel = new FakeKernel(loop::nanos);
    private final FakeSource source = new FakeSource("dhcpv6");
    private final Map<String, String> settings = new HashMap<>(Map.of("datapath", "tc"));
    private ClientEngine engine;

    @BeforeEach
    void haveAnAddress() {
        kernel.ipv6 = List.of(NODE);
    }

    private ClientLease lease(PortSet ports) {
        return new ClientLease(
                new LeaseKey(LEASED, ports),
                NODE,
                TEP,
                loop.instant(),
                Duration.ofMinutes(30),
                Duration.ofMinutes(48),
                Duration.ofHours(1));
    }

    private void startBound(PortSet ports) throws Exception {
        engine = new ClientEngine(ClientConfig.read(settings), kernel, kernel, null, loop, loop::nanos, loop);
        engine.addSource(source);
        engine.start();
        engine.demand("a test");
        FakeSource.last(source.acquired).complete(lease(ports));
        assertThat(engine.status().state()).isEqualTo(State.BOUND);
    }

    private void startBound() throws Exception {
        startBound(PortSet.FULL);
    }

    private void change(String key, String value) throws Exception {
        settings.put(key, value);
        engine.configure(ClientConfig.read(settings));
    }

    private CounterValue counter(String name) {
        return engine.status().counters().stream()
                .filter(value -> value.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    /** A router on the way says that a packet was too long. */
    private void learn(int mtu) {
        ByteBuffer quoted = ByteBuffer.allocate(40 + 28);
        quoted.putInt(0x60000000).putShort((short) 28).put((byte) 4).put((byte) 60);
        quoted.put(NODE.toBytes()).put(TEP.toBytes());
        quoted.putInt(0x4500001C)
                .putInt(0)
                .putInt(0x40110000)
                .putInt(LEASED.value())
                .putInt(0xCB007150);
        ByteBuffer error = ByteBuffer.allocate(48 + quoted.capacity());
        error.putInt(0x60000000)
                .putShort((short) (8 + quoted.capacity()))
                .put((byte) 58)
                .put((byte) 60);
        error.put(TEP.toBytes()).put(NODE.toBytes());
        error.put(48, quoted.array());
        Icmpv6.write(error, 0, 40, Icmpv6.PACKET_TOO_BIG, 0, mtu, 8 + quoted.capacity());
        kernel.wireDelivers(error.array());
    }

    @Test
    void tells_the_faster_way_of_the_lease() throws Exception {
        startBound();

        NodePath.Lease carried = kernel.nodePath.lease;
        assertThat(carried).isNotNull();
        assertThat(carried.address()).isEqualTo(LEASED);
        assertThat(carried.node()).isEqualTo(NODE);
        assertThat(carried.tep()).isEqualTo(TEP);
        assertThat(carried.endNanos() - loop.nanos())
                .isEqualTo(Duration.ofHours(1).toNanos());
        assertThat(carried.firstReserved()).isEqualTo(61000);
        assertThat(carried.tunnelMtu()).isEqualTo(1500);
        assertThat(carried.pathMtu()).isEqualTo(1500);
        assertThat(carried.hopLimit()).isEqualTo(64);
        assertThat(carried.outerMask()).isEqualTo(0xFF);
        assertThat(engine.status().datapath()).isEqualTo("tc on fake, fake for the rest");
    }

    @Test
    void hides_congestion_marks_where_the_tep_would_not_carry_them_over() throws Exception {
        settings.put("ecn", "compatibility");
        startBound();

        assertThat(kernel.nodePath.lease.outerMask()).isEqualTo(0xFC);
    }

    @Test
    void counts_what_the_rules_never_saw_and_holds_it_for_use() throws Exception {
        startBound();
        kernel.nodePath.counts = new FastPath.Counts(3, 300, 5, 500);

        assertThat(counter("forward-native-ipv4")).isEqualTo(new CounterValue("forward-native-ipv4", 5, 500));
        assertThat(counter("forward-native-ipv6")).isEqualTo(new CounterValue("forward-native-ipv6", 3, 300));
        loop.pass(Duration.ofMinutes(9));
        kernel.nodePath.counts = new FastPath.Counts(3, 300, 6, 600);
        loop.pass(Duration.ofMinutes(9));
        assertThat(source.released).isEmpty();
        loop.pass(Duration.ofMinutes(2));
        assertThat(source.released).hasSize(1);
        assertThat(kernel.nodePath.lease).isNull();
    }

    @Test
    void keeps_to_a_path_that_turns_out_to_be_narrow() throws Exception {
        startBound();
        learn(1400);

        assertThat(kernel.nodePath.lease.pathMtu()).isEqualTo(1400);
        assertThat(kernel.nodePath.lease.pathEndNanos() - loop.nanos())
                .isEqualTo(Duration.ofMinutes(10).toNanos());
        assertThat(kernel.nodePath.lease.tunnelMtu()).isEqualTo(1500);
    }

    @Test
    void prolongs_with_the_lease() throws Exception {
        startBound();
        for (int minutes = 0; minutes < 30; minutes += 5) {
            kernel.nodePath.counts = new FastPath.Counts(minutes, 0, minutes + 1, 0);
            loop.pass(Duration.ofMinutes(5));
        }
        source.renewed.get(0).complete(lease(PortSet.FULL));

        assertThat(kernel.nodePath.lease.endNanos() - loop.nanos())
                .isEqualTo(Duration.ofHours(1).toNanos());
    }

    @Test
    void leaves_a_shared_address_to_the_rules_and_says_so() throws Exception {
        startBound(new PortSet(0, 4, 5));

        assertThat(kernel.nodePath.lease).isNull();
        assertThat(engine.status().datapath()).startsWith("fake (no tc: the address is shared");
    }

    @Test
    void works_where_there_is_no_faster_way_and_says_why() throws Exception {
        kernel.broken = "tc";
        startBound();

        assertThat(engine.status().datapath()).isEqualTo("fake (no tc: tc refused)");
    }

    @Test
    void works_where_a_device_takes_no_program_and_tries_again() throws Exception {
        kernel.broken = "carry";
        startBound();
        assertThat(engine.status().datapath()).isEqualTo("fake (no tc: carry refused)");
        assertThat(kernel.nodePath.lease).isNull();

        kernel.broken = "";
        learn(1400);
        assertThat(kernel.nodePath.lease).isNotNull();
        assertThat(engine.status().datapath()).isEqualTo("tc on fake, fake for the rest");
    }

    @Test
    void opens_none_unless_it_is_wanted() throws Exception {
        settings.clear();
        startBound();

        assertThat(kernel.nodePath).isNull();
        assertThat(engine.status().datapath()).isEqualTo("fake");
    }

    @Test
    void comes_and_goes_with_the_configuration_while_the_lease_stays() throws Exception {
        startBound();
        FakeKernel.FakeNodePath first = kernel.nodePath;
        first.counts = new FastPath.Counts(1, 100, 2, 200);
        change("datapath", "tun");
        assertThat(first.closed).isTrue();
        assertThat(counter("forward-native-ipv4").packets()).isEqualTo(2);
        assertThat(engine.status().datapath()).isEqualTo("fake");

        change("datapath", "auto");
        assertThat(kernel.nodePath).isNotSameAs(first);
        assertThat(kernel.nodePath.lease).isNotNull();
        assertThat(engine.status().state()).isEqualTo(State.BOUND);
    }

    @Test
    void goes_with_the_device_and_comes_with_another() throws Exception {
        startBound();
        FakeKernel.FakeNodePath first = kernel.nodePath;
        change("device", "dstm1");

        assertThat(first.closed).isTrue();
        assertThat(kernel.nodePath).isNotSameAs(first);
        assertThat(kernel.nodePath.lease).isNotNull();
    }

    @Test
    void is_closed_when_the_client_stops() throws Exception {
        startBound();
        engine.stop(Duration.ofSeconds(1));

        assertThat(kernel.nodePath.closed).isTrue();
    }
}
