package io.dstm.tep.internal.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigReport;
import io.dstm.api.datapath.NetworkControl.Route;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.PacketTrace;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TepStatus.State;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.api.tep.TunnelEndPoint.ResyncReport;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TepTest {

    private static final Ipv4Range POOL = Ipv4Range.parse("192.0.2.0-192.0.2.4");
    private static final Ipv6Address CLIENT = Ipv6Address.parse("2001:db8:f::1");

    private final Fakes fakes = new Fakes();
    private final List<TunnelEndPoint> registered = new ArrayList<>();
    private final TepManager manager = new TepManager(fakes.surroundings(), tep -> {
        registered.add(tep);
        return () -> registered.remove(tep);
    });

    @BeforeEach
    void configure() {
        manager.configure(Map.of("tunnel.address", "2001:db8::1"));
    }

    private TunnelEndPoint tep() {
        assertThat(registered).hasSize(1);
        return registered.get(0);
    }

    private Binding binding(String address, Duration life) {
        return new Binding(
                new LeaseKey(Ipv4Address.parse(address), PortSet.FULL),
                CLIENT,
                Fakes.TUNNEL,
                fakes.instant().plus(life));
    }

    private Binding binding(String address) {
        return binding(address, Duration.ofHours(1));
    }

    private static <T> T done(CompletionStage<T> stage) {
        return stage.toCompletableFuture().join();
    }

    private ResyncReport resync(Binding... bindings) {
        return done(tep().resync(List.of(POOL), List.of(bindings)));
    }

    private static Route route(String prefix, String device) {
        return new Route(
                Ipv4Prefix.parse(prefix),
                device,
                null,
                device == null ? Routes.DISCARD_METRIC : Routes.DEVICE_METRIC,
                0);
    }

    @Test
    void waits_for_the_first_resync_before_it_opens_anything() {
        assertThat(tep().status().state()).isEqualTo(State.WAITING);
        assertThat(tep().status().detail()).isNotEmpty();
        done(tep().install(List.of(binding("192.0.2.1"))));
        fakes.control.pass(Duration.ofMinutes(5));

        assertThat(fakes.datapath.opened).isEmpty();
        assertThat(fakes.network.routes).isEmpty();
        assertThat(tep().status().state()).isEqualTo(State.WAITING);
    }

    @Test
    void opens_the_tunnel_and_attracts_the_served_ranges_after_the_first_resync() {
        assertThat(resync(binding("192.0.2.1"))).isEqualTo(new ResyncReport(1, 0, 0));

        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
        assertThat(tep().status().detail()).isEmpty();
        assertThat(tep().status().device()).isEqualTo("dstm-tep");
        assertThat(tep().status().bindings()).isEqualTo(1);
        assertThat(fakes.datapath.opened).hasSize(1);
        assertThat(fakes.datapath.opened.get(0).deviceMtu()).isEqualTo(65535);
        assertThat(fakes.datapath.opened.get(0).localAddresses()).containsExactly(Fakes.TUNNEL);
        assertThat(fakes.network.routes)
                .containsExactlyInAnyOrder(
                        route("192.0.2.0/30", "dstm-tep"),
                        route("192.0.2.4/32", "dstm-tep"),
                        route("192.0.2.0/30", null),
                        route("192.0.2.4/32", null),
                        route("192.0.0.1/32", "dstm-tep"));
        assertThat(fakes.network.switches).containsEntry("net.ipv4.ip_forward", "1");
    }

    @Test
    void a_later_resync_keeps_the_tunnel_and_changes_only_what_differs() {
        resync(binding("192.0.2.1"), binding("192.0.2.2"));
        ResyncReport report = done(tep().resync(
                        List.of(Ipv4Range.parse("192.0.2.0/30")), List.of(binding("192.0.2.2"), binding("192.0.2.3"))));

        assertThat(report).isEqualTo(new ResyncReport(1, 0, 1));
        assertThat(fakes.datapath.opened).hasSize(1);
        assertThat(fakes.network.routes)
                .containsExactlyInAnyOrder(
                        route("192.0.2.0/30", "dstm-tep"),
                        route("192.0.2.0/30", null),
                        route("192.0.0.1/32", "dstm-tep"));
    }

    @Test
    void an_acknowledged_binding_is_what_the_next_packet_is_judged_by() {
        resync();
        assertThat(forwards("192.0.2.1")).isFalse();
        done(tep().install(List.of(binding("192.0.2.1"))));
        assertThat(forwards("192.0.2.1")).isTrue();
        done(tep().remove(List.of(binding("192.0.2.1").key())));
        assertThat(forwards("192.0.2.1")).isFalse();
        assertThat(tep().counters()).anySatisfy(counter -> {
            assertThat(counter.name()).isEqualTo("drop-no-source-binding-ipv6");
            assertThat(counter.packets()).isEqualTo(2);
        });
    }

    @Test
    void shows_watched_packets_until_it_is_told_to_forget_them() {
        resync(binding("192.0.2.1"));
        assertThat(tep().trace("drop-no-source-binding-ipv6", 5).orElseThrow().packets())
                .isEmpty();
        forwards("192.0.2.1");
        forwards("192.0.2.2");

        PacketTrace shown = tep().trace("drop-no-source-binding-ipv6", 5).orElseThrow();
        assertThat(shown.until()).isEqualTo(fakes.instant().plus(Duration.ofMinutes(10)));
        assertThat(shown.recorded()).isEqualTo(0);
        PacketTrace foreign = tep().trace("drop-foreign-address-ipv6", 5).orElseThrow();
        assertThat(foreign.packets()).as("another counter, from now on").isEmpty();
        forwards("192.0.2.2");
        assertThat(tep().trace("drop-foreign-address-ipv6", 5).orElseThrow().packets())
                .singleElement()
                .satisfies(packet -> {
                    assertThat(packet.time()).isEqualTo(fakes.instant());
                    assertThat(packet.headers().get(0).name()).isEqualTo("IPv6");
                });

        tep().endTrace();
        assertThat(tep().trace("drop-foreign-address-ipv6", 5).orElseThrow().recorded())
                .isZero();
    }

    @Test
    void a_binding_that_nobody_prolongs_ends_by_itself() {
        resync(binding("192.0.2.1", Duration.ofSeconds(90)), binding("192.0.2.2"));
        fakes.control.pass(Duration.ofSeconds(89));
        assertThat(forwards("192.0.2.1")).isTrue();
        assertThat(tep().bindingCount()).isEqualTo(2);

        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(forwards("192.0.2.1")).isFalse();
        assertThat(tep().bindingCount()).isEqualTo(1);
        List<Binding> left = new ArrayList<>();
        tep().forEachBinding(left::add);
        assertThat(left).extracting(left0 -> left0.key().address()).containsExactly(Ipv4Address.parse("192.0.2.2"));
    }

    private boolean forwards(String source) {
        PacketProcessor processor = fakes.datapath.open.get(0).processor;
        PacketMemory memory = new PacketMemory(1, 0, 256);
        ByteBuffer bytes = memory.bytes();
        int outer = memory.slotStart(0);
        Ipv6Header.write(
                bytes,
                outer,
                0,
                28,
                IpProtocol.IPV4,
                64,
                CLIENT.high(),
                CLIENT.low(),
                Fakes.TUNNEL.high(),
                Fakes.TUNNEL.low());
        Ipv4Header.write(
                bytes,
                outer + 40,
                0,
                28,
                1,
                64,
                IpProtocol.UDP,
                Ipv4Address.parse(source).value(),
                Ipv4Address.parse("198.51.100.5").value());
        PacketBatch in = new PacketBatch(memory, 1);
        in.add(outer, 68);
        PacketOutput out = new PacketOutput(memory);
        processor.fromIpv6(in, out, fakes.surroundings().nanoTime().getAsLong());
        return out.toIpv4().count() == 1;
    }

    @Test
    void tells_operators_that_memory_for_fragments_runs_out_while_there_is_some_left() {
        manager.configure(Map.of("tunnel.address", "2001:db8::1", "reassembly.memory", "4096"));
        resync(binding("192.0.2.1"));
        firstFragment(1);
        firstFragment(2);
        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(tep().status().detail()).as("half full").isEmpty();

        firstFragment(3);
        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
        assertThat(tep().status().detail()).startsWith("reassembly memory is 75 % full");

        fakes.network.addresses.clear();
        fakes.control.pass(Duration.ofSeconds(10));
        assertThat(tep().status().detail()).contains("no interface has", "; reassembly memory is 75 % full");

        fakes.network.addresses.add(Fakes.TUNNEL);
        fakes.control.pass(Duration.ofSeconds(60));
        forwards("192.0.2.1");
        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(tep().status().detail()).as("the rest did not come").isEmpty();
    }

    /** The first 1000 bytes of what a client sends in IPv6 fragments. */
    private void firstFragment(int id) {
        PacketProcessor processor = fakes.datapath.open.get(0).processor;
        PacketMemory memory = new PacketMemory(1, 0, 2048);
        int outer = memory.slotStart(0);
        Ipv6Header.write(
                memory.bytes(),
                outer,
                0,
                1008,
                IpProtocol.FRAGMENT,
                64,
                CLIENT.high(),
                CLIENT.low(),
                Fakes.TUNNEL.high(),
                Fakes.TUNNEL.low());
        FragmentHeader.write(memory.bytes(), outer + 40, IpProtocol.IPV4, 0, true, id);
        PacketBatch in = new PacketBatch(memory, 1);
        in.add(outer, 1048);
        processor.fromIpv6(
                in, new PacketOutput(memory), fakes.surroundings().nanoTime().getAsLong());
    }

    @Test
    void says_why_it_cannot_forward_tries_again_and_refuses_new_leases_meanwhile() {
        fakes.datapath.refusal = "no /dev/net/tun: load the module tun";
        resync(binding("192.0.2.1"));
        assertThat(tep().status().state()).isEqualTo(State.FAILED);
        assertThat(tep().status().detail()).contains("/dev/net/tun");
        assertThat(fakes.network.routes).as("nothing goes in circles").contains(route("192.0.2.0/30", null));

        assertThatThrownBy(() -> done(tep().install(List.of(binding("192.0.2.2")))))
                .hasCauseInstanceOf(TepException.class)
                .hasMessageContaining("/dev/net/tun");
        done(tep().install(List.of(binding("192.0.2.1", Duration.ofHours(2)))));
        assertThat(tep().bindingCount()).isEqualTo(1);

        // Tries after 1, 3 and 7 seconds fail, the one after 15 succeeds.
        fakes.control.pass(Duration.ofSeconds(8));
        fakes.datapath.refusal = "";
        fakes.control.pass(Duration.ofSeconds(6));
        assertThat(tep().status().state()).isEqualTo(State.FAILED);
        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
        assertThat(tep().status().detail()).isEmpty();
        assertThat(fakes.network.routes).contains(route("192.0.2.0/30", "dstm-tep"));
        done(tep().install(List.of(binding("192.0.2.2"))));
    }

    @Test
    void opens_the_tunnel_again_when_it_has_failed() {
        resync(binding("192.0.2.1"));
        fakes.datapath.open.get(0).failure = "the device dstm-tep is gone";
        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(tep().status().state()).isEqualTo(State.FAILED);
        assertThat(tep().status().detail()).contains("gone");
        assertThat(tep().status().device()).isEmpty();
        assertThat(fakes.datapath.open).isEmpty();

        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
        assertThat(fakes.datapath.open).hasSize(1);
        assertThat(fakes.network.routes).contains(route("192.0.2.0/30", "dstm-tep"));
        assertThat(forwards("192.0.2.1")).isTrue();
    }

    @Test
    void waits_no_longer_than_a_minute_between_tries() {
        fakes.datapath.refusal = "no";
        resync();
        fakes.control.pass(Duration.ofHours(2));
        fakes.datapath.refusal = "";
        fakes.control.pass(Duration.ofSeconds(61));
        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
    }

    @Test
    void a_route_that_cannot_be_set_is_set_later() {
        fakes.network.refusal = "no CAP_NET_ADMIN";
        resync(binding("192.0.2.1"));
        assertThat(tep().status().state()).isEqualTo(State.FAILED);

        fakes.network.refusal = "";
        fakes.control.pass(Duration.ofSeconds(1));
        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
        assertThat(fakes.network.routes).hasSize(5);
    }

    @Test
    void tells_of_a_machine_that_is_not_set_up() {
        fakes.network.addresses.clear();
        resync();
        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
        assertThat(tep().status().detail()).contains("2001:db8::1");

        fakes.network.addresses.add(Fakes.TUNNEL);
        fakes.network.switches.put("net.ipv4.ip_forward", "0");
        fakes.control.pass(Duration.ofSeconds(10));
        assertThat(tep().status().detail()).contains("net.ipv4.ip_forward");

        fakes.network.switches.put("net.ipv4.ip_forward", "1");
        fakes.control.pass(Duration.ofSeconds(10));
        assertThat(tep().status().detail()).isEmpty();
    }

    @Test
    void leaves_the_kernels_forwarding_alone_where_told_so() {
        manager.configure(Map.of("tunnel.address", "2001:db8::1", "forwarding", "false"));
        resync();
        assertThat(fakes.network.switches).containsEntry("net.ipv4.ip_forward", "0");
        assertThat(tep().status().detail()).contains("net.ipv4.ip_forward");
    }

    @Test
    void policies_change_without_a_new_tunnel() {
        resync(binding("192.0.2.1"));
        TunnelEndPoint before = tep();
        manager.configure(config("tunnel.mtu", "1400", "icmpv6.errors", "false"));

        assertThat(tep()).isSameAs(before);
        assertThat(tep().status().tunnelMtu()).isEqualTo(1400);
        assertThat(fakes.datapath.opened).hasSize(1);
        assertThat(forwards("192.0.2.9")).isFalse();
        assertThat(tep().counters()).anySatisfy(counter -> {
            assertThat(counter.name()).isEqualTo("withheld-by-policy-icmpv6");
            assertThat(counter.packets()).isEqualTo(1);
        });
    }

    @Test
    void another_device_means_another_tunnel_of_the_same_tep() {
        fakes.network.switches.put("net.ipv6.conf.tep1.disable_ipv6", "0");
        resync(binding("192.0.2.1"));
        TunnelEndPoint before = tep();
        manager.configure(config("device", "tep1", "ipv4.address", "10.0.0.1"));

        assertThat(tep()).isSameAs(before);
        assertThat(fakes.datapath.open).hasSize(1);
        assertThat(tep().status().device()).isEqualTo("tep1");
        assertThat(fakes.network.switches)
                .as("only where the kernel has it")
                .containsEntry("net.ipv6.conf.tep1.disable_ipv6", "1")
                .doesNotContainKey("net.ipv6.conf.dstm-tep.disable_ipv6");
        assertThat(tep().bindingCount()).isEqualTo(1);
        assertThat(fakes.network.routes)
                .contains(route("192.0.2.0/30", "tep1"), route("10.0.0.1/32", "tep1"))
                .noneMatch(route -> "dstm-tep".equals(route.device()));
        assertThat(forwards("192.0.2.1")).isTrue();
    }

    @Test
    void another_tunnel_address_means_another_tep() {
        resync(binding("192.0.2.1"));
        TunnelEndPoint before = tep();
        manager.configure(Map.of("tunnel.address", "2001:db8::2"));

        assertThat(tep()).isNotSameAs(before);
        assertThat(before.status().state()).isEqualTo(State.STOPPED);
        assertThat(tep().status().state()).isEqualTo(State.WAITING);
        assertThat(tep().tunnelAddress()).isEqualTo(Ipv6Address.parse("2001:db8::2"));
        assertThat(fakes.datapath.open).isEmpty();
        assertThatThrownBy(() -> done(before.install(List.of(binding("192.0.2.1")))))
                .hasCauseInstanceOf(TepException.class);
    }

    @Test
    void a_wrong_configuration_changes_nothing_and_is_reported() {
        resync(binding("192.0.2.1"));
        manager.configure(Map.of("tunnel.address", "fe80::1", "batch", "0", "hairpining", "true"));

        assertThat(manager.report().accepted()).isFalse();
        assertThat(manager.report().problems())
                .extracting(problem -> problem.key())
                .containsExactly("tunnel.address", "batch", "hairpining");
        assertThat(tep().status().state()).isEqualTo(State.FORWARDING);
        assertThat(fakes.datapath.opened).hasSize(1);

        manager.configure(Map.of("tunnel.address", "2001:db8::1"));
        assertThat(manager.report().accepted()).isTrue();
    }

    @Test
    void a_wrong_first_configuration_leaves_an_idle_reporter() {
        List<TunnelEndPoint> none = new ArrayList<>();
        TepManager idle = new TepManager(fakes.surroundings(), tep -> {
            none.add(tep);
            return () -> {};
        });
        idle.configure(Map.of());

        ConfigReport.Entry report = idle.report();
        assertThat(report.accepted()).isFalse();
        assertThat(report.problems()).extracting(problem -> problem.key()).containsExactly("tunnel.address");
        assertThat(none).isEmpty();
        idle.configure(Map.of("tunnel.address", "2001:db8::1"));
        assertThat(none).hasSize(1);
        idle.close();
    }

    @Test
    void takes_everything_back_when_it_stops() {
        resync(binding("192.0.2.1"));
        TunnelEndPoint stopped = tep();
        manager.close();

        assertThat(registered).isEmpty();
        assertThat(fakes.datapath.open).isEmpty();
        assertThat(fakes.network.routes).isEmpty();
        assertThat(stopped.status().state()).isEqualTo(State.STOPPED);
        fakes.control.pass(Duration.ofHours(1));
        assertThat(fakes.datapath.opened).hasSize(1);
    }

    @Test
    void a_batch_that_does_not_fit_changes_nothing() {
        resync(binding("192.0.2.1"));
        List<Binding> impossible = new ArrayList<>();
        for (int k = 1; k < 6; k++) {
            impossible.add(new Binding(
                    new LeaseKey(Ipv4Address.parse("192.0.2.2"), new PortSet(0, k, 1)),
                    CLIENT,
                    Fakes.TUNNEL,
                    fakes.instant().plusSeconds(60)));
        }
        assertThatThrownBy(() -> done(tep().install(impossible))).hasCauseInstanceOf(TepException.class);
        assertThat(tep().bindingCount()).isEqualTo(1);
    }

    private static Map<String, String> config(String... pairs) {
        Map<String, String> config = new HashMap<>(Map.of("tunnel.address", "2001:db8::1"));
        for (int i = 0; i < pairs.length; i += 2) {
            config.put(pairs[i], pairs[i + 1]);
        }
        return config;
    }
}
