package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseDecision;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.PoolStatus;
import io.dstm.api.management.LeaseTransfer.Outcome;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
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

    /** Lends what is wished for, if it lies in 192.0.2.0/24, and otherwise the last address of that. */
    private static final class Server implements LeaseService {

        private final Map<LeaseKey, Lease> leases = new LinkedHashMap<>();

        @Override
        public CompletionStage<LeaseDecision> offer(AllocationRequest request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<LeaseDecision> allocate(AllocationRequest request) {
            if (request.client().identity().endsWith("ff")) {
                return CompletableFuture.completedFuture(
                        new LeaseDecision.Refused(LeaseDecision.Reason.NO_POOL, "no pool serves this client"));
            }
            LeaseKey key = request.wish().address().toString().startsWith("192.0.2.")
                    ? request.wish()
                    : new LeaseKey(Ipv4Address.parse("192.0.2.255"), PortSet.FULL);
            Lease lease = new Lease(
                    key,
                    request.client(),
                    request.tunnelSource(),
                    Ipv6Address.parse("2001:db8:1::1"),
                    "main",
                    LeaseState.ACTIVE,
                    NOON,
                    NOON.plusSeconds(60));
            leases.put(key, lease);
            Duration minute = Duration.ofMinutes(1);
            return CompletableFuture.completedFuture(new LeaseDecision.Granted(lease, minute, minute, minute));
        }

        @Override
        public CompletionStage<LeaseDecision> renew(AllocationRequest request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public CompletionStage<Boolean> release(ClientId client, LeaseKey key) {
            return CompletableFuture.completedFuture(leases.remove(key) != null);
        }

        @Override
        public CompletionStage<Boolean> decline(ClientId client, LeaseKey key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<Lease> leaseOf(ClientId client) {
            return leases.values().stream()
                    .filter(lease -> lease.client().equals(client))
                    .findAny();
        }

        @Override
        public void forEachLease(Consumer<Lease> visitor) {
            List.copyOf(leases.values()).forEach(visitor);
        }

        @Override
        public List<PoolStatus> pools() {
            return List.of();
        }

        @Override
        public List<Ipv6Address> tunnelAddresses() {
            return List.of();
        }
    }

    private final Server server = new Server();
    private final LeasePorter porter = new LeasePorter(() -> server, () -> NOON);

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

    private void has(Lease... leases) {
        for (Lease lease : leases) {
            server.leases.put(lease.key(), lease);
        }
    }

    private Path exported(Lease... leases) throws IOException {
        has(leases);
        Path file = directory.resolve("leases.json");
        porter.exportTo(file);
        server.leases.clear();
        return file;
    }

    @Test
    void what_is_exported_can_be_imported_elsewhere() throws Exception {
        Lease whole = lease("192.0.2.1", PortSet.FULL, 1, LeaseState.ACTIVE);
        Lease part = lease("192.0.2.2", new PortSet(6, 8, 52), 2, LeaseState.ACTIVE);
        Path file = exported(whole, part, lease("192.0.2.3", PortSet.FULL, 3, LeaseState.QUARANTINED));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(porter.importFrom(file, true)).isEqualTo(new Outcome(2, 1, 0, List.of(), 0));
        assertThat(server.leases).isEmpty();
        assertThat(porter.importFrom(file, false)).isEqualTo(new Outcome(2, 1, 2, List.of(), 0));
        assertThat(server.leases).containsOnlyKeys(whole.key(), part.key());
        assertThat(server.leases.get(part.key()).client()).isEqualTo(part.client());
        assertThat(server.leases.get(part.key()).tunnelSource()).isEqualTo(part.tunnelSource());
    }

    @Test
    void the_format_is_as_documented() throws Exception {
        Path file = exported(lease("192.0.2.2", new PortSet(6, 8, 52), 2, LeaseState.ACTIVE));
        assertThat(Files.readString(file)).isEqualTo("""
                        {"format":"dstm-leases","version":1,"written":"2026-11-21T12:00:00Z","leases":[
                        {"address":"192.0.2.2","psidOffset":6,"psidLength":8,"psid":52,"client":"duid:000102","association":4294967295,\
                        "tunnelSource":"2001:db8::3","tunnelAddress":"2001:db8:1::1","pool":"main","state":"ACTIVE",\
                        "since":"2026-11-21T11:59:00Z","until":"2026-11-21T12:10:00Z"}],"count":1}
                        """);
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
        Map<LeaseKey, Lease> before = Map.copyOf(server.leases);
        assertThat(porter.importFrom(file, false))
                .isEqualTo(new Outcome(
                        3,
                        0,
                        0,
                        List.of(
                                "lease 1: 192.0.2.1 is lent already, or ports of it are",
                                "lease 2: duid:000102/4294967295 has 192.0.2.8 already"),
                        2));
        assertThat(server.leases).isEqualTo(before);
        assertThatThrownBy(() -> porter.exportTo(file)).isInstanceOf(IOException.class);
    }

    @Test
    void what_the_server_would_not_lend_is_named_and_nobody_gets_something_else() throws Exception {
        Path file = exported(
                lease("192.0.2.1", PortSet.FULL, 1, LeaseState.ACTIVE),
                lease("198.51.100.1", PortSet.FULL, 2, LeaseState.ACTIVE),
                lease("192.0.2.3", PortSet.FULL, 0xff, LeaseState.ACTIVE));
        Outcome outcome = porter.importFrom(file, false);
        assertThat(outcome.imported()).isEqualTo(1);
        assertThat(outcome.problems())
                .containsExactly(
                        "lease 2: 198.51.100.1 cannot be lent to duid:000102/4294967295: it is in no pool that this client may"
                                + " use, or taken by now",
                        "lease 3: 192.0.2.3 is not lent: NO_POOL, no pool serves this client");
        assertThat(server.leases).hasSize(1);
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
                "{\"format\":\"dstm-leases\",\"version\":2}",
                "{\"format\":\"dstm-leases\",\"version\":1,\"leases\":[{\"address\":",
                "{\"format\":\"dstm-leases\",\"version\":1,\"leases\":[7]}")) {
            Files.writeString(file, text);
            assertThatThrownBy(() -> porter.importFrom(file, false)).as(text).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> new LeasePorter(() -> null, () -> NOON).importFrom(file, false))
                .hasMessage("there is no server on this node");
    }
}
