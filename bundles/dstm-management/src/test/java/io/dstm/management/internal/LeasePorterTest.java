package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.ipv6.Ipv6Decision;
import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.management.LeaseTransfer.Outcome;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeasePorterTest {

    private static final Instant NOON = Instant.parse("2026-11-21T12:00:00Z");

    @TempDir
    private Path directory;

    /** Takes over what lies in 192.0.2.0/24 or 198.18.0.0/15. */
    private final Map<LeaseKey, Lease> leases = new LinkedHashMap<>();

    /** Takes over what lies in 2001:db8::/32. */
    private final Map<Ipv6Prefix, Ipv6Lease> ipv6Leases = new LinkedHashMap<>();

    private final LeaseService server = FakeNode.only(
            LeaseService.class,
            Map.of(
                    "adopt",
                    arguments -> adopt((Lease) arguments[0]),
                    "leaseOf",
                    arguments -> leases.values().stream()
                            .filter(lease -> lease.state() == LeaseState.ACTIVE
                                    && lease.client().equals(arguments[0]))
                            .findAny(),
                    "forEachLease",
                    arguments -> show(leases.values(), arguments[0])));

    private final Ipv6LeaseService ipv6Server = FakeNode.only(
            Ipv6LeaseService.class,
            Map.of(
                    "adopt",
                    arguments -> adopt((Ipv6Lease) arguments[0]),
                    "leaseOf",
                    arguments -> ipv6Leases.values().stream()
                            .filter(lease -> lease.kind() == arguments[1]
                                    && lease.client().equals(arguments[0]))
                            .findAny(),
                    "forEachLease",
                    arguments -> show(ipv6Leases.values(), arguments[0])));

    private final LeasePorter porter = new LeasePorter(() -> server, () -> ipv6Server, () -> NOON);

    @SuppressWarnings("unchecked")
    private static <T> Object show(Collection<T> all, Object visitor) {
        List.copyOf(all).forEach((Consumer<T>) visitor);
        return null;
    }

    private CompletionStage<LeaseDecision> adopt(Lease lease) {
        String address = lease.address().toString();
        if (!address.startsWith("192.0.2.") && !address.startsWith("198.18.") && !address.startsWith("198.19.")) {
            return CompletableFuture.completedFuture(
                    new LeaseDecision.Refused(LeaseDecision.Reason.NO_POOL, "no pool of this server lends it"));
        }
        leases.put(lease.key(), lease);
        Duration minute = Duration.ofMinutes(1);
        return CompletableFuture.completedFuture(new LeaseDecision.Granted(lease, minute, minute, minute));
    }

    private CompletionStage<Ipv6Decision> adopt(Ipv6Lease lease) {
        if (!Ipv6Prefix.parse("2001:db8::/32").contains(lease.address())) {
            return CompletableFuture.completedFuture(
                    new Ipv6Decision.Refused(Ipv6Decision.Reason.NO_POOL, "no pool of this server lends it"));
        }
        ipv6Leases.put(lease.prefix(), lease);
        Duration minute = Duration.ofMinutes(1);
        return CompletableFuture.completedFuture(
                new Ipv6Decision.Granted(lease, minute, minute, minute, minute, List.of()));
    }

    private static Ipv6Lease ipv6(String prefix, int client, boolean declined) {
        return new Ipv6Lease(
                Ipv6Prefix.parse(prefix),
                new ClientId(String.format("duid:0001%02x", client), 7),
                prefix.endsWith("/128") ? Ipv6LeaseKind.ADDRESS : Ipv6LeaseKind.PREFIX,
                "lan",
                declined,
                NOON.minusSeconds(60),
                NOON.plusSeconds(300),
                NOON.plusSeconds(600));
    }

    private static Lease lease(String address, PortSet ports, int client, LeaseState state) {
        return new Lease(
                new LeaseKey(Ipv4Address.parse(address), ports),
                new ClientId(String.format("duid:0001%02x", client), -1),
                Ipv6Address.parse("2001:db8::" + Integer.toHexString(client + 1)),
                Ipv6Address.parse("2001:db8:1::1"),
                "main",
                state,
                NOON.minusSeconds(60),
                NOON.plusSeconds(600));
    }

    private void has(Lease... all) {
        for (Lease lease : all) {
            leases.put(lease.key(), lease);
        }
    }

    private Path exported(Lease... all) throws IOException {
        has(all);
        Path file = directory.resolve("leases.json");
        porter.exportTo(file);
        leases.clear();
        ipv6Leases.clear();
        return file;
    }

    @Test
    void what_is_exported_is_the_same_when_it_is_imported_elsewhere() throws Exception {
        has(
                lease("192.0.2.1", PortSet.FULL, 1, LeaseState.ACTIVE),
                lease("192.0.2.2", new PortSet(6, 8, 52), 2, LeaseState.ACTIVE),
                lease("192.0.2.3", PortSet.FULL, 3, LeaseState.QUARANTINED));
        for (Ipv6Lease lease : List.of(
                ipv6("2001:db8::1/128", 1, false),
                ipv6("2001:db8::2/128", 1, true),
                ipv6("2001:db8:100::/56", 1, false))) {
            ipv6Leases.put(lease.prefix(), lease);
        }
        Map<LeaseKey, Lease> before = Map.copyOf(leases);
        Map<Ipv6Prefix, Ipv6Lease> ipv6Before = Map.copyOf(ipv6Leases);
        Path file = exported();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(porter.importFrom(file, true)).isEqualTo(new Outcome(6, 0, 0, List.of(), 0));
        assertThat(leases).isEmpty();
        assertThat(ipv6Leases).isEmpty();
        assertThat(porter.importFrom(file, false)).isEqualTo(new Outcome(6, 0, 6, List.of(), 0));
        assertThat(leases).isEqualTo(before);
        assertThat(ipv6Leases).isEqualTo(ipv6Before);
    }

    @Test
    void what_is_over_by_now_is_left_out() throws Exception {
        ipv6Leases.put(ipv6("2001:db8::1/128", 1, false).prefix(), ipv6("2001:db8::1/128", 1, false));
        Path file = exported(lease("192.0.2.1", PortSet.FULL, 1, LeaseState.ACTIVE));
        Files.writeString(
                file,
                Files.readString(file)
                        .replace("2026-11-21T12:10:00Z", "2026-11-21T12:00:00Z")
                        .replace("2026-11-21T12:05:00Z", "2026-11-21T12:00:00Z"));
        assertThat(porter.importFrom(file, false)).isEqualTo(new Outcome(0, 2, 0, List.of(), 0));
        assertThat(leases).isEmpty();
    }

    @Test
    void the_format_is_as_documented() throws Exception {
        ipv6Leases.put(ipv6("2001:db8:100::/56", 1, false).prefix(), ipv6("2001:db8:100::/56", 1, false));
        Path file = exported(lease("192.0.2.2", new PortSet(6, 8, 52), 2, LeaseState.ACTIVE));
        assertThat(Files.readString(file)).isEqualTo("""
                        {"format":"dstm-leases","version":2,"written":"2026-11-21T12:00:00Z","leases":[
                        {"address":"192.0.2.2","psidOffset":6,"psidLength":8,"psid":52,"client":"duid:000102","association":4294967295,\
                        "tunnelSource":"2001:db8::3","tunnelAddress":"2001:db8:1::1","pool":"main","state":"ACTIVE",\
                        "since":"2026-11-21T11:59:00Z","until":"2026-11-21T12:10:00Z"}],"ipv6Leases":[
                        {"prefix":"2001:db8:100::/56","kind":"PREFIX","client":"duid:000101","association":7,"pool":"lan",\
                        "state":"ACTIVE","since":"2026-11-21T11:59:00Z","preferredUntil":"2026-11-21T12:05:00Z",\
                        "until":"2026-11-21T12:10:00Z"}],"count":2}
                        """);
    }

    @Test
    void a_file_of_version_1_is_read_too() throws Exception {
        Path file = directory.resolve("old.json");
        Files.writeString(file, """
                        {"format":"dstm-leases","version":1,"written":"2026-11-21T12:00:00Z","leases":[
                        {"address":"192.0.2.2","psidOffset":6,"psidLength":8,"psid":52,"client":"duid:000102","association":4294967295,\
                        "tunnelSource":"2001:db8::3","tunnelAddress":"2001:db8:1::1","pool":"main","state":"ACTIVE",\
                        "since":"2026-11-21T11:59:00Z","until":"2026-11-21T12:10:00Z"}],"count":1}
                        """);
        assertThat(porter.importFrom(file, false)).isEqualTo(new Outcome(1, 0, 1, List.of(), 0));
        assertThat(leases.values()).containsExactly(lease("192.0.2.2", new PortSet(6, 8, 52), 2, LeaseState.ACTIVE));
    }

    @Test
    void a_hundred_thousand_leases_go_through_a_file() throws Exception {
        int many = 100_000;
        for (int i = 0; i < many; i++) {
            Lease lease = new Lease(
                    new LeaseKey(new Ipv4Address(0xC6120000 + i), PortSet.FULL),
                    new ClientId(String.format("duid:0001%08x", i), 1),
                    new Ipv6Address(0x20010DB8_00000000L, i + 1L),
                    Ipv6Address.parse("2001:db8:1::1"),
                    "main",
                    LeaseState.ACTIVE,
                    NOON.minusSeconds(i),
                    NOON.plusSeconds(i + 1L));
            leases.put(lease.key(), lease);
        }
        Map<LeaseKey, Lease> before = Map.copyOf(leases);
        Path file = exported();
        // The service's own leaseOf is a look into a table; that of this test goes through all.
        LeaseService fast = FakeNode.only(
                LeaseService.class,
                Map.of(
                        "adopt", arguments -> adopt((Lease) arguments[0]),
                        "leaseOf", arguments -> Optional.empty(),
                        "forEachLease", arguments -> null));
        assertThat(new LeasePorter(() -> fast, () -> ipv6Server, () -> NOON).importFrom(file, false))
                .isEqualTo(new Outcome(many, 0, many, List.of(), 0));
        assertThat(leases).isEqualTo(before);
    }

    @Test
    void ipv6_leases_that_overlap_or_that_somebody_has_are_named() throws Exception {
        for (Ipv6Lease lease : List.of(
                ipv6("2001:db8:100::/56", 1, false),
                ipv6("2001:db8:200::/56", 2, false),
                ipv6("2001:db8::1/128", 3, false),
                ipv6("2001:db9::1/128", 4, false))) {
            ipv6Leases.put(lease.prefix(), lease);
        }
        Path file = exported();
        String text = Files.readString(file);
        assertThat(porter.importFrom(file, false).problems())
                .containsExactly(
                        "lease 4: 2001:db9::1/128 is not taken over: NO_POOL, no pool of this server lends it");
        ipv6Leases.clear();
        ipv6Leases.put(Ipv6Prefix.parse("2001:db8:100:77::/64"), ipv6("2001:db8:100:77::/64", 9, false));
        ipv6Leases.put(Ipv6Prefix.parse("2001:db8::9/128"), ipv6("2001:db8::9/128", 3, false));
        Files.writeString(
                file,
                text.replace("2001:db8:200::/56", "2001:db8:100:1::/64")
                        .replace(
                                "\"kind\":\"ADDRESS\",\"client\":\"duid:000104\"",
                                "\"kind\":\"SUBNET\",\"client\":\"duid:000104\""));
        Outcome outcome = porter.importFrom(file, false);
        assertThat(outcome.imported()).isZero();
        assertThat(outcome.problems()).hasSize(4);
        assertThat(outcome.problems().subList(0, 3))
                .containsExactly(
                        "lease 1: 2001:db8:100::/56 is lent already, or some of it is",
                        "lease 2: 2001:db8:100:1::/64 is in the file twice, or some of it is",
                        "lease 3: duid:000103/7 has 2001:db8::9/128 already");
        assertThat(outcome.problems().get(3)).startsWith("lease 4: ").contains("SUBNET");
        assertThat(new LeasePorter(() -> server, () -> null, () -> NOON)
                        .importFrom(file, true)
                        .problems()
                        .get(0))
                .isEqualTo("lease 1: 2001:db8:100::/56: this server has no store of IPv6 leases");
    }

    @Test
    void nothing_is_overwritten() throws Exception {
        Path file = exported(
                lease("192.0.2.1", PortSet.FULL, 1, LeaseState.ACTIVE),
                lease("192.0.2.2", PortSet.FULL, 2, LeaseState.ACTIVE),
                lease("192.0.2.3", PortSet.FULL, 3, LeaseState.ACTIVE));
        has(
                lease("192.0.2.1", new PortSet(0, 1, 0), 9, LeaseState.ACTIVE),
                lease("192.0.2.8", PortSet.FULL, 2, LeaseState.ACTIVE));
        Map<LeaseKey, Lease> before = Map.copyOf(leases);
        assertThat(porter.importFrom(file, false))
                .isEqualTo(new Outcome(
                        3,
                        0,
                        0,
                        List.of(
                                "lease 1: 192.0.2.1 is lent already, or ports of it are",
                                "lease 2: duid:000102/4294967295 has 192.0.2.8 already"),
                        2));
        assertThat(leases).isEqualTo(before);
        assertThatThrownBy(() -> porter.exportTo(file)).isInstanceOf(IOException.class);
    }

    @Test
    void what_the_server_does_not_take_over_is_named() throws Exception {
        Path file = exported(
                lease("192.0.2.1", PortSet.FULL, 1, LeaseState.ACTIVE),
                lease("203.0.113.1", PortSet.FULL, 2, LeaseState.ACTIVE));
        Outcome outcome = porter.importFrom(file, false);
        assertThat(outcome.imported()).isEqualTo(1);
        assertThat(outcome.problems())
                .containsExactly("lease 2: 203.0.113.1 is not taken over: NO_POOL, no pool of this server lends it");
        assertThat(leases).hasSize(1);
    }

    @Test
    void every_problem_of_a_file_is_named_before_anything_is_lent() throws Exception {
        Path file = exported(
                lease("192.0.2.1", PortSet.FULL, 1, LeaseState.ACTIVE),
                lease("192.0.2.2", PortSet.FULL, 2, LeaseState.ACTIVE),
                lease("192.0.2.3", PortSet.FULL, 3, LeaseState.ACTIVE));
        String text = Files.readString(file);
        Files.writeString(
                file,
                text.replace("192.0.2.2", "192.0.2")
                        .replace("\"address\":\"192.0.2.3\"", "\"address\":\"192.0.2.1\",\"colour\":[1,{}]")
                        .replace("\"count\":3", "\"count\":4"));
        Outcome outcome = porter.importFrom(file, false);
        assertThat(outcome.imported()).isZero();
        assertThat(outcome.problems()).hasSize(3);
        assertThat(outcome.problems().get(0)).startsWith("lease 2: ").contains("192.0.2");
        assertThat(outcome.problems().get(1)).startsWith("lease 3: 'colour' is not known");
        assertThat(outcome.problems().get(2)).isEqualTo("the file says that it holds 4 leases, and it holds 3");
        Files.writeString(file, text.replace("192.0.2.3", "192.0.2.1").replace("duid:000103", "duid:000102"));
        assertThat(porter.importFrom(file, false).problems())
                .containsExactly(
                        "lease 3: 192.0.2.1 is in the file twice, or ports of it are",
                        "lease 3: duid:000102/4294967295 is in the file twice");
    }

    @Test
    void what_is_no_file_of_leases_is_refused() throws Exception {
        Path file = directory.resolve("x");
        for (String text : List.of(
                "",
                "x",
                "[]",
                "{}",
                "{\"format\":\"else\",\"version\":1}",
                "{\"format\":\"dstm-leases\",\"version\":3}",
                "{\"format\":\"dstm-leases\",\"version\":1,\"leases\":[{\"address\":",
                "{\"format\":\"dstm-leases\",\"version\":1,\"leases\":[7]}")) {
            Files.writeString(file, text);
            assertThatThrownBy(() -> porter.importFrom(file, false)).as(text).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> new LeasePorter(() -> null, () -> null, () -> NOON).importFrom(file, false))
                .hasMessage("there is no server on this node");
    }
}
