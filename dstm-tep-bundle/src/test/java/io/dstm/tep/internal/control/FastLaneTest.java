package io.dstm.tep.internal.control;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.FastPath;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

/** A TEP whose common packets go round the rules. */
class FastLaneTest {

    private static final Ipv4Range POOL = Ipv4Range.parse("192.0.2.0-192.0.2.4");

    private final Fakes fakes = new Fakes();
    private final List<TunnelEndPoint> registered = new ArrayList<>();
    private final TepManager manager = new TepManager(fakes.surroundings(), tep -> {
        registered.add(tep);
        return () -> registered.remove(tep);
    });

    private TunnelEndPoint tep(String... more) {
        Map<String, String> config = new HashMap<>(Map.of("tunnel.address", "2001:db8::1"));
        for (int i = 0; i < more.length; i += 2) {
            config.put(more[i], more[i + 1]);
        }
        manager.configure(config);
        return registered.get(0);
    }

    private Binding binding(String address) {
        return new Binding(
                new LeaseKey(Ipv4Address.parse(address), PortSet.FULL),
                Ipv6Address.parse("2001:db8:f::1"),
                Fakes.TUNNEL,
                fakes.instant().plus(Duration.ofHours(1)));
    }

    private static void done(CompletionStage<?> stage) {
        stage.toCompletableFuture().join();
    }

    private Fakes.FakeFastPath path() {
        return fakes.datapath.fastPaths.get(fakes.datapath.fastPaths.size() - 1);
    }

    @Test
    void there_is_none_unless_one_is_configured() {
        done(tep().resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        assertThat(fakes.datapath.fastPaths).isEmpty();
        assertThat(registered.get(0).status().datapath()).isEqualTo("fake");
    }

    @Test
    void what_an_earlier_process_has_left_at_work_is_ended_where_all_packets_are_to_meet_the_rules() {
        done(tep().resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        assertThat(fakes.datapath.ended).contains("dstm-tep");
    }

    @Test
    void it_is_left_at_work_at_the_end_and_ended_when_it_is_no_longer_wanted() {
        TunnelEndPoint tep = tep("datapath", "auto", "datapath.keep", "true");
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        Fakes.FakeFastPath kept = path();
        assertThat(kept.kept).isTrue();

        tep("datapath", "auto", "datapath.keep", "false");
        done(tep.remove(List.of()));
        assertThat(kept.closed).isTrue();
        assertThat(kept.left).isFalse();
        assertThat(path().kept).isFalse();

        tep("datapath", "auto", "datapath.keep", "true");
        done(tep.remove(List.of()));
        Fakes.FakeFastPath last = path();
        manager.close();
        assertThat(last.left).isTrue();
        assertThat(last.closed).isFalse();
    }

    @Test
    void it_opens_with_the_tunnel_and_knows_every_binding_before_that_is_acknowledged() {
        TunnelEndPoint tep = tep("datapath", "auto", "datapath.devices", "eth0, eth1", "outer.hop.limit", "9");
        assertThat(fakes.datapath.fastPaths).isEmpty();

        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        assertThat(path().devices).containsExactly("eth0", "eth1");
        assertThat(path().served).containsExactly(POOL);
        assertThat(path().bindings).containsOnlyKeys(binding("192.0.2.1").key());
        assertThat(path().settings)
                .isEqualTo(new FastPath.Settings(Ipv4Address.parse("192.0.0.1"), 1500, 1420, 9, 0xFF));
        assertThat(path().clock).isEqualTo(fakes.instant().getEpochSecond());
        assertThat(tep.status().datapath()).isEqualTo("xdp on eth0, fake for the rest");

        done(tep.install(List.of(binding("192.0.2.2"))));
        done(tep.remove(List.of(binding("192.0.2.1").key())));
        assertThat(path().bindings).containsOnlyKeys(binding("192.0.2.2").key());
        assertThat(path().replaced).isEqualTo(1);

        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.3"))));
        assertThat(path().bindings).containsOnlyKeys(binding("192.0.2.3").key());
        assertThat(fakes.datapath.fastPaths).hasSize(1);
    }

    @Test
    void packets_for_the_rules_go_past_the_stack_if_so_configured_and_nothing_is_kept_of_that() {
        TunnelEndPoint tep = tep("datapath", "af_xdp", "datapath.keep", "true");
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        assertThat(path().way).isEqualTo(FastPath.Way.RULES);
        assertThat(path().kept).isFalse();

        tep("datapath", "xdp");
        done(tep.remove(List.of()));
        assertThat(path().way).isEqualTo(FastPath.Way.DRIVER);

        fakes.datapath.fastPathRefusal = "no such thing";
        tep("datapath", "af_xdp");
        done(tep.remove(List.of()));
        assertThat(tep.status().datapath()).isEqualTo("fake (no af_xdp: no such thing)");
    }

    @Test
    void where_a_driver_runs_no_programs_they_are_put_before_the_stack_and_the_status_says_why() {
        fakes.datapath.impossible.put(FastPath.Way.DRIVER, "none in eth0");
        TunnelEndPoint tep = tep("datapath", "auto", "datapath.keep", "true");
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        assertThat(path().way).isEqualTo(FastPath.Way.TC);
        assertThat(path().kept).isTrue();
        assertThat(path().bindings).hasSize(1);
        assertThat(tep.status().datapath())
                .isEqualTo("xdp on eth0 (no xdp in drivers: none in eth0), fake for the rest");

        tep("datapath", "xdp");
        done(tep.remove(List.of()));
        assertThat(path().way).isEqualTo(FastPath.Way.GENERIC);

        fakes.datapath.impossible.put(FastPath.Way.TC, "none here");
        tep("datapath", "auto");
        done(tep.remove(List.of()));
        assertThat(path().way).isEqualTo(FastPath.Way.GENERIC);

        fakes.datapath.impossible.put(FastPath.Way.GENERIC, "nor there");
        tep("datapath", "xdp");
        done(tep.remove(List.of()));
        assertThat(tep.status().datapath()).isEqualTo("fake (no xdp in drivers: none in eth0; generic xdp: nor there)");
    }

    @Test
    void programs_go_before_the_stack_at_once_if_so_configured() {
        TunnelEndPoint tep = tep("datapath", "tc");
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        assertThat(path().way).isEqualTo(FastPath.Way.TC);

        fakes.datapath.impossible.put(FastPath.Way.TC, "too old");
        tep("datapath", "tc", "datapath.keep", "true");
        done(tep.remove(List.of()));
        assertThat(tep.status().datapath()).isEqualTo("fake (no tc: too old)");
    }

    @Test
    void a_table_that_has_no_good_place_for_a_binding_is_made_anew() {
        TunnelEndPoint tep = tep("datapath", "xdp");
        done(tep.resync(List.of(POOL), List.of()));
        path().full = true;
        done(tep.install(List.of(binding("192.0.2.2"))));
        assertThat(path().replaced).isEqualTo(2);
    }

    @Test
    void where_it_is_not_possible_all_goes_on_and_the_status_says_why() {
        fakes.datapath.fastPathRefusal = "no right to it";
        TunnelEndPoint tep = tep("datapath", "xdp");
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));

        assertThat(tep.status().state()).isEqualTo(TepStatus.State.FORWARDING);
        assertThat(tep.status().datapath()).isEqualTo("fake (no xdp: no right to it)");

        fakes.datapath.fastPathRefusal = "";
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.2"))));
        assertThat(fakes.datapath.fastPaths)
                .as("tried again without being asked")
                .isEmpty();
        tep("datapath", "auto");
        assertThat(path().bindings).containsOnlyKeys(binding("192.0.2.2").key());
    }

    @Test
    void it_follows_the_configuration_and_goes_with_the_tunnel() {
        TunnelEndPoint tep = tep("datapath", "auto");
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        tep("datapath", "auto", "tunnel.mtu", "1400", "ecn", "compatibility");
        assertThat(path().settings.tunnelMtu()).isEqualTo(1400);
        assertThat(path().settings.outerMask()).isEqualTo(0xFC);
        assertThat(path().closed).isFalse();

        tep("datapath", "tun");
        assertThat(path().closed).isTrue();
        assertThat(tep.status().datapath()).isEqualTo("fake");

        tep("datapath", "auto");
        assertThat(fakes.datapath.fastPaths).hasSize(2);
        fakes.datapath.open.get(0).failure = "somebody removed it";
        fakes.control.pass(Duration.ofSeconds(5));
        assertThat(fakes.datapath.fastPaths).hasSize(3);
        assertThat(path().bindings).containsOnlyKeys(binding("192.0.2.1").key());
        assertThat(path().clock).isPositive();

        manager.close();
        assertThat(fakes.datapath.fastPaths)
                .allSatisfy(path -> assertThat(path.closed).isTrue());
    }

    @Test
    void counters_add_up_and_outlive_the_fast_path() {
        TunnelEndPoint tep = tep("datapath", "auto");
        done(tep.resync(List.of(POOL), List.of(binding("192.0.2.1"))));
        path().counts = new FastPath.Counts(3, 300, 5, 500);
        assertFastCounters(tep);

        tep("datapath", "tun");
        assertFastCounters(tep);
    }

    private static void assertFastCounters(TunnelEndPoint tep) {
        assertThat(tep.counters())
                .contains(
                        new CounterValue("in-all-ipv6", 3, 300),
                        new CounterValue("out-decapsulated-ipv4", 3, 300),
                        new CounterValue("out-all-ipv4", 3, 180),
                        new CounterValue("in-all-ipv4", 5, 500),
                        new CounterValue("out-encapsulated-ipv6", 5, 500),
                        new CounterValue("out-all-ipv6", 5, 700));
    }
}
