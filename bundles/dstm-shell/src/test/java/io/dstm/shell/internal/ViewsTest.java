package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.Page;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class ViewsTest {

    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8:1::1");
    private static final List<CounterValue> COUNTERS = List.of(
            new CounterValue("in-ipv6", 1234567, 987654321),
            new CounterValue("drop-no-source-binding-ipv6", 0, 0),
            new CounterValue("out-ipv4", 1234500, 900000000));

    static final Lease WHOLE = new Lease(
            new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL),
            new ClientId("duid:00010001aabbccdd0200000000a1", 1),
            Ipv6Address.parse("2001:db8:2::a"),
            TEP,
            "whole",
            LeaseState.ACTIVE,
            NOW.minusSeconds(86400),
            NOW.plusSeconds(3599));
    static final Lease SHARED = new Lease(
            new LeaseKey(Ipv4Address.parse("198.51.100.7"), new PortSet(0, 6, 5)),
            new ClientId("duid:0003000102000000000b", -1),
            Ipv6Address.parse("2001:db8:2::b"),
            TEP,
            "shared",
            LeaseState.QUARANTINED,
            NOW.minusSeconds(7200),
            NOW.minusSeconds(3));
    private static final Lease SCATTERED = new Lease(
            new LeaseKey(Ipv4Address.parse("203.0.113.9"), new PortSet(6, 8, 52)),
            new ClientId("duid:0003000102000000000c", 7),
            Ipv6Address.parse("2001:db8:2::c"),
            TEP,
            "lw4o6",
            LeaseState.ACTIVE,
            NOW,
            NOW.plusSeconds(2 * 86400));

    private static final PoolStatus WHOLE_POOL = new PoolStatus(
            "whole",
            List.of(Ipv4Range.parse("192.0.2.0/25"), Ipv4Range.parse("192.0.2.200")),
            0,
            0,
            "tep",
            126,
            1,
            0,
            0,
            0,
            5);
    private static final PoolStatus SHARED_POOL =
            new PoolStatus("shared", List.of(Ipv4Range.parse("198.51.100.7")), 6, 0, "tep", 63, 60, 1, 2, 0);
    private static final PoolStatus SCATTERED_POOL =
            new PoolStatus("lw4o6", List.of(Ipv4Range.parse("203.0.113.9")), 8, 6, "west", 256, 3, 0, 0, 2);

    @Test
    void leases() {
        Golden.assertShows("leases", new LeasesView(new Page<>(List.of(WHOLE, SHARED, SCATTERED), 0, 3), NOW));
    }

    @Test
    void leases_of_which_a_part_is_shown() {
        Golden.assertShows("leases-part", new LeasesView(new Page<>(List.of(SHARED), 1, 3), NOW));
    }

    @Test
    void no_leases() {
        Golden.assertShows("leases-none", new LeasesView(new Page<>(List.of(), 0, 0), NOW));
    }

    @Test
    void offset_beyond_the_last_lease_says_how_many_there_are() {
        assertThat(new LeasesView(new Page<>(List.of(), 50, 3), NOW).text()).startsWith("0 of 3 leases.");
    }

    @Test
    void bindings() {
        Golden.assertShows(
                "bindings",
                new BindingsView(
                        List.of(
                                new BindingsView.OfTep(
                                        "tep", new Page<>(List.of(Binding.of(WHOLE), Binding.of(SHARED)), 0, 2)),
                                new BindingsView.OfTep("west", new Page<>(List.of(Binding.of(SCATTERED)), 0, 9))),
                        NOW));
    }

    @Test
    void no_bindings() {
        Golden.assertShows(
                "bindings-none",
                new BindingsView(List.of(new BindingsView.OfTep("tep", new Page<>(List.of(), 0, 0))), NOW));
    }

    @Test
    void pools() {
        Golden.assertShows("pools", new PoolsView(List.of(SCATTERED_POOL, SHARED_POOL, WHOLE_POOL)));
    }

    @Test
    void no_pools() {
        Golden.assertShows("pools-none", new PoolsView(List.of()));
    }

    @Test
    void use_is_0_or_100_percent_only_when_it_is_exactly_that() {
        assertThat(PoolsView.used(pool(1_000_000, 0))).isEqualTo("0%");
        assertThat(PoolsView.used(pool(1_000_000, 1))).isEqualTo("1%");
        assertThat(PoolsView.used(pool(1_000_000, 500_000))).isEqualTo("50%");
        assertThat(PoolsView.used(pool(1_000_000, 999_999))).isEqualTo("99%");
        assertThat(PoolsView.used(pool(1_000_000, 1_000_000))).isEqualTo("100%");
        assertThat(PoolsView.used(pool(0, 0))).isEqualTo("0%");
    }

    private static PoolStatus pool(long capacity, long active) {
        return new PoolStatus("p", List.of(), 0, 0, "tep", capacity, active, 0, 0, 0);
    }

    @Test
    void status_of_an_appliance_with_a_refused_configuration() {
        Golden.assertShows(
                "status-appliance",
                new StatusView(
                        "1.0.0",
                        List.of(SHARED_POOL, WHOLE_POOL),
                        List.of(new StatusView.Tep(
                                "tep",
                                new TepStatus(TepStatus.State.FORWARDING, "", "dstm-tep", "tun", 1500, 61),
                                COUNTERS)),
                        null,
                        List.of(
                                new ConfigReport.Entry(
                                        "io.dstm.pool~new",
                                        false,
                                        List.of(
                                                new ConfigProblem("ranges", "is required"),
                                                new ConfigProblem("psid.lenght", "is not a known key")),
                                        NOW.minusSeconds(60).plusNanos(881354386)),
                                new ConfigReport.Entry(
                                        "io.dstm.pool~whole",
                                        true,
                                        List.of(),
                                        List.of(new ConfigProblem("tep", "there is no TEP named west")),
                                        NOW),
                                new ConfigReport.Entry("io.dstm.server", true, List.of(), NOW)),
                        NOW));
    }

    @Test
    void status_of_a_tep_that_waits() {
        Golden.assertShows(
                "status-waiting",
                new StatusView(
                        "1.0.0",
                        null,
                        List.of(new StatusView.Tep(
                                "west",
                                new TepStatus(
                                        TepStatus.State.WAITING,
                                        "no server has sent its bindings yet",
                                        "",
                                        "",
                                        1500,
                                        0),
                                List.of())),
                        null,
                        List.of(),
                        NOW));
    }

    @Test
    void status_of_a_node_with_a_lease() {
        ClientLease lease = new ClientLease(
                SHARED.key(),
                SHARED.tunnelSource(),
                TEP,
                NOW.minusSeconds(600).plusNanos(638129460),
                Duration.ofMinutes(30),
                Duration.ofMinutes(48),
                Duration.ofHours(1));
        Golden.assertShows(
                "status-client",
                new StatusView(
                        "1.0.0",
                        null,
                        List.of(),
                        new ClientStatus(
                                ClientStatus.State.BOUND,
                                "",
                                "dstm0",
                                "dhcpv6",
                                lease,
                                COUNTERS,
                                "tc on dstm0, eth0, tun for the rest"),
                        List.of(),
                        NOW));
    }

    @Test
    void status_of_a_node_without_a_lease() {
        Golden.assertShows(
                "status-idle",
                new StatusView(
                        "1.0.0",
                        null,
                        List.of(),
                        new ClientStatus(
                                ClientStatus.State.REQUESTING, "waits for a server", "dstm0", "", null, List.of()),
                        List.of(),
                        NOW));
    }

    @Test
    void status_of_a_node_without_roles() {
        Golden.assertShows("status-empty", new StatusView("1.0.0", null, List.of(), null, List.of(), NOW));
    }

    @Test
    void absent_role_is_a_sentence() {
        Golden.assertShows("no-server", NodeCommand.NO_SERVER);
        Golden.assertShows("no-tep", NodeCommand.NO_TEP);
    }

    @Test
    void what_a_client_named_itself_cannot_move_the_cursor() {
        Table table = new Table("", "NAME").row("a\u001B[2Jb\nc");
        assertThat(table.text()).isEqualTo("NAME\na?[2Jb?c\n");
    }

    @Test
    void distance_in_time_has_at_most_two_units() {
        assertThat(Spelling.relative(NOW, NOW)).isEqualTo("now");
        assertThat(Spelling.relative(NOW.plusMillis(900), NOW)).isEqualTo("now");
        assertThat(Spelling.relative(NOW.plusSeconds(90061), NOW)).isEqualTo("in 1d 1h");
        assertThat(Spelling.relative(NOW.plusSeconds(3601), NOW)).isEqualTo("in 1h");
        assertThat(Spelling.relative(NOW.minusSeconds(61), NOW)).isEqualTo("1m 1s ago");
    }
}
