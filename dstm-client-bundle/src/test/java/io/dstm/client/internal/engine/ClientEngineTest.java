package io.dstm.client.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.client.ClientStatus.State;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.CounterValue;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClientEngineTest {

    private static final Ipv4Address LEASED = Ipv4Address.parse("198.51.100.7");
    private static final Ipv4Address OTHER = Ipv4Address.parse("198.51.100.8");
    private static final Ipv4Address PLACEHOLDER = Ipv4Address.PLACEHOLDER;
    private static final Ipv4Address REMOTE = Ipv4Address.parse("203.0.113.80");
    private static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:1::77");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8:f::1");
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final String RANGE = KernelPorts.RANGE;

    @TempDir
    private Path directory;

    private final VirtualLoop loop = new VirtualLoop();
    private final FakeKernel kernel = new FakeKernel(loop::nanos);
    private final FakeSource source = new FakeSource("dhcpv6");
    private final Map<String, String> settings = new HashMap<>();
    private ClientEngine engine;

    private ClientEngine newEngine() throws Exception {
        return new ClientEngine(
                ClientConfig.read(settings),
                kernel,
                kernel,
                directory.resolve("dstm/client.state"),
                loop,
                loop::nanos,
                loop);
    }

    private void start() throws Exception {
        kernel.ipv6 = List.of(NODE);
        engine = newEngine();
        engine.addSource(source);
        engine.start();
    }

    private ClientLease lease(Ipv4Address address, PortSet ports, Duration valid) {
        return new ClientLease(
                new LeaseKey(address, ports),
                NODE,
                TEP,
                loop.instant(),
                valid.dividedBy(2),
                valid.multipliedBy(4).dividedBy(5),
                valid);
    }

    private ClientLease lease() {
        return lease(LEASED, PortSet.FULL, Duration.ofHours(1));
    }

    private void startBound() throws Exception {
        start();
        engine.demand("dns www.example.org");
        FakeSource.last(source.acquired).complete(lease());
        assertThat(engine.status().state()).isEqualTo(State.BOUND);
    }

    private static byte[] packet(Ipv4Address from, Ipv4Address to) {
        ByteBuffer b = ByteBuffer.allocate(28);
        b.putInt(0x4500001C).putInt(0).putInt(0x40110000).putInt(from.value()).putInt(to.value());
        b.putShort((short) 4000).putShort((short) 53).putShort((short) 8).putShort((short) 0);
        return b.array();
    }

    private void programUsesLease() {
        kernel.programSends(packet(LEASED, REMOTE));
    }

    /** Lets time pass with a packet every minute. */
    private void passInUse(Duration time) {
        for (long left = time.toSeconds(); left > 0; left -= 60) {
            programUsesLease();
            loop.pass(Duration.ofSeconds(Math.min(60, left)));
        }
    }

    private State state() {
        return engine.status().state();
    }

    private long counter(String name) {
        return engine.status().counters().stream()
                .filter(value -> value.name().equals(name))
                .mapToLong(CounterValue::packets)
                .sum();
    }

    private void assertOnlyPlaceholder() {
        assertThat(kernel.devices.get("dstm0")).containsExactly(PLACEHOLDER);
        assertThat(kernel.preferredSource()).contains(PLACEHOLDER);
        assertThat(kernel.routeLost).isFalse();
    }

    private static String failureOf(CompletableFuture<ClientLease> demand) {
        assertThat(demand).isCompletedExceptionally();
        try {
            demand.get();
            throw new AssertionError("unreachable");
        } catch (ExecutionException failed) {
            assertThat(failed.getCause()).isInstanceOf(NoLeaseException.class);
            return failed.getCause().getMessage();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    @Nested
    class OnTheWayToALease {

        @Test
        void waits_with_placeholder_and_default_route_so_that_no_program_fails_at_once() throws Exception {
            start();

            assertThat(state()).isEqualTo(State.IDLE);
            assertOnlyPlaceholder();
            assertThat(kernel.routes.values()).singleElement().satisfies(route -> {
                assertThat(route.destination()).isEqualTo(Ipv4Prefix.parse("0.0.0.0/0"));
                assertThat(route.device()).isEqualTo("dstm0");
                assertThat(route.metric()).isEqualTo(1024);
            });
            assertThat(kernel.opened.deviceMtu()).isEqualTo(1460);
            assertThat(source.acquired).isEmpty();
        }

        @Test
        void completes_a_demand_only_when_the_address_is_in_use() throws Exception {
            start();
            CompletableFuture<ClientLease> demand =
                    engine.demand("dns www.example.org").toCompletableFuture();
            assertThat(state()).isEqualTo(State.REQUESTING);
            assertThat(demand).isNotDone();
            demand = demand.thenApply(given -> {
                assertThat(kernel.preferredSource()).contains(LEASED);
                assertThat(kernel.devices.get("dstm0")).contains(LEASED, PLACEHOLDER);
                return given;
            });

            source.acquired.get(0).complete(lease());

            assertThat(demand).isCompletedWithValue(lease());
            assertThat(state()).isEqualTo(State.BOUND);
            assertThat(engine.demand("dns again").toCompletableFuture()).isCompletedWithValue(lease());
            assertThat(source.acquired).hasSize(1);
        }

        @Test
        void sends_the_packet_that_raised_the_need_once_there_is_a_lease() throws Exception {
            start();
            kernel.programSends(packet(PLACEHOLDER, REMOTE));
            assertThat(state()).isEqualTo(State.REQUESTING);
            assertThat(kernel.toIpv6).isEmpty();

            source.acquired.get(0).complete(lease());

            assertThat(kernel.toIpv6).singleElement().satisfies(sent -> {
                assertThat(Ipv6Address.ofBytes(sent, 8)).isEqualTo(NODE);
                assertThat(Ipv6Address.ofBytes(sent, 24)).isEqualTo(TEP);
                assertThat(ByteBuffer.wrap(sent).getInt(52)).isEqualTo(LEASED.value());
            });
            assertThat(counter("forward-translated-ipv4")).isEqualTo(1);
        }

        @Test
        void asks_once_however_many_demand() throws Exception {
            start();
            CompletableFuture<ClientLease> first = engine.demand("one").toCompletableFuture();
            CompletableFuture<ClientLease> second = engine.demand("two").toCompletableFuture();
            kernel.programSends(packet(PLACEHOLDER, REMOTE));

            assertThat(source.acquired).hasSize(1);
            source.acquired.get(0).complete(lease());
            assertThat(first).isCompleted();
            assertThat(second).isCompleted();
        }

        @Test
        void ignores_packets_where_they_are_no_need() throws Exception {
            settings.put("trigger.packet", "false");
            start();
            kernel.programSends(packet(PLACEHOLDER, REMOTE));

            assertThat(state()).isEqualTo(State.IDLE);
            assertThat(counter("drop-no-lease-ipv4")).isEqualTo(1);
        }

        @Test
        void fails_demands_and_programs_when_the_server_refuses_and_pauses_before_the_next_try() throws Exception {
            start();
            CompletableFuture<ClientLease> demand = engine.demand("one").toCompletableFuture();
            kernel.programSends(packet(PLACEHOLDER, REMOTE));

            source.acquired.get(0).completeExceptionally(new LeaseRefusedException("pool is exhausted", false));

            assertThat(failureOf(demand)).contains("pool is exhausted");
            assertThat(state()).isEqualTo(State.IDLE);
            assertThat(engine.status().detail()).contains("pool is exhausted");
            assertThat(kernel.toIpv4).as("ICMP host unreachable").hasSize(1);
            assertThat(failureOf(engine.demand("two").toCompletableFuture())).contains("pool is exhausted");
            kernel.programSends(packet(PLACEHOLDER, REMOTE));
            assertThat(kernel.toIpv4).as("told at once while it pauses").hasSize(2);
            assertThat(source.acquired).hasSize(1);

            loop.pass(Duration.ofSeconds(1));
            kernel.programSends(packet(PLACEHOLDER, REMOTE));
            assertThat(source.acquired).hasSize(2);
        }

        @Test
        void pauses_longer_after_every_failure() throws Exception {
            start();
            int asked = 0;
            for (long pause = 1; pause < 200; pause *= 2) {
                engine.demand("again");
                assertThat(source.acquired).hasSize(++asked);
                FakeSource.last(source.acquired).completeExceptionally(new LeaseRefusedException("no", false));
                loop.pass(Duration.ofSeconds(Math.min(pause, 60)).minusMillis(1));
                engine.demand("too early");
                assertThat(source.acquired).hasSize(asked);
                loop.pass(Duration.ofMillis(1));
            }
        }

        @Test
        void pauses_briefly_again_after_a_lease() throws Exception {
            start();
            for (int failure = 0; failure < 5; failure++) {
                engine.demand("again");
                FakeSource.last(source.acquired).completeExceptionally(new LeaseRefusedException("no", false));
                loop.pass(Duration.ofMinutes(1));
            }
            engine.demand("again");
            FakeSource.last(source.acquired).complete(lease());
            loop.pass(Duration.ofMinutes(10));
            engine.demand("again");
            FakeSource.last(source.acquired).completeExceptionally(new LeaseRefusedException("no", false));
            loop.pass(Duration.ofSeconds(1));
            engine.demand("again");

            assertThat(source.acquired).hasSize(8);
        }

        @Test
        void gives_up_after_the_timeout_and_cancels_the_request() throws Exception {
            start();
            CompletableFuture<ClientLease> demand = engine.demand("one").toCompletableFuture();

            loop.pass(Duration.ofSeconds(20).minusMillis(1));
            assertThat(demand).isNotDone();
            loop.pass(Duration.ofMillis(1));

            assertThat(failureOf(demand)).contains("20 s");
            assertThat(source.acquired.get(0)).isCancelled();
            assertThat(state()).isEqualTo(State.IDLE);
        }

        @Test
        void says_what_the_source_waits_for() throws Exception {
            source.detail = "no global IPv6 address on eth0";
            start();
            CompletableFuture<ClientLease> demand = engine.demand("one").toCompletableFuture();
            assertThat(engine.status().detail()).contains("asks dhcpv6", "eth0");
            loop.pass(Duration.ofSeconds(20));

            assertThat(failureOf(demand)).contains("eth0");
        }

        @Test
        void lets_each_demand_wait_for_its_own_time() throws Exception {
            start();
            CompletableFuture<ClientLease> early = engine.demand("one").toCompletableFuture();
            loop.pass(Duration.ofSeconds(15));
            CompletableFuture<ClientLease> late = engine.demand("two").toCompletableFuture();
            loop.pass(Duration.ofSeconds(6));

            assertThat(early).isCompletedExceptionally();
            assertThat(late).isNotDone();
            assertThat(state()).isEqualTo(State.REQUESTING);
            source.acquired.get(0).complete(lease());
            assertThat(late).isCompleted();
        }

        @Test
        void gives_back_a_lease_that_crossed_with_the_end_of_the_wish() throws Exception {
            start();
            engine.demand("one");
            loop.execute(() -> {
                // Queued first, so that the answer finds nobody waiting.
                engine.removeSource(source);
                source.acquired.get(0).complete(lease());
            });

            assertThat(source.released).hasSize(1);
            assertThat(state()).isEqualTo(State.REQUESTING);
            assertOnlyPlaceholder();
        }

        @Test
        void waits_for_a_source_that_comes_later() throws Exception {
            engine = newEngine();
            engine.start();
            CompletableFuture<ClientLease> demand = engine.demand("one").toCompletableFuture();
            assertThat(state()).isEqualTo(State.REQUESTING);
            assertThat(engine.status().detail()).contains("dhcpv6");

            engine.addSource(new FakeSource("tsp"));
            assertThat(engine.status().source()).isEmpty();
            engine.addSource(source);
            assertThat(engine.status().source()).isEqualTo("dhcpv6");
            source.acquired.get(0).complete(lease());

            assertThat(demand).isCompleted();
        }

        @Test
        void refuses_a_lease_whose_tunnel_leads_into_itself() throws Exception {
            start();
            CompletableFuture<ClientLease> demand = engine.demand("one").toCompletableFuture();
            ClientLease loopLease = new ClientLease(
                    new LeaseKey(LEASED, PortSet.FULL),
                    TEP,
                    TEP,
                    loop.instant(),
                    Duration.ofMinutes(1),
                    Duration.ofMinutes(2),
                    Duration.ofMinutes(3));

            source.acquired.get(0).complete(loopLease);

            assertThat(failureOf(demand)).contains("both tunnel ends");
            assertThat(source.released).containsExactly(loopLease);
            assertOnlyPlaceholder();
        }
    }

    @Nested
    class WithALease {

        @Test
        void renews_at_t1_and_is_bound_again() throws Exception {
            startBound();
            passInUse(Duration.ofMinutes(30).minusSeconds(1));
            assertThat(source.renewed).isEmpty();
            passInUse(Duration.ofSeconds(1));

            assertThat(state()).isEqualTo(State.RENEWING);
            assertThat(engine.demand("meanwhile").toCompletableFuture()).isCompleted();
            ClientLease prolonged = lease();
            source.renewed.get(0).complete(prolonged);

            assertThat(state()).isEqualTo(State.BOUND);
            assertThat(engine.status().lease()).isEqualTo(prolonged);
            passInUse(Duration.ofMinutes(29));
            assertThat(state()).isEqualTo(State.BOUND);
            assertThat(source.renewed).hasSize(1);
        }

        @Test
        void rebinds_at_t2_and_takes_the_address_away_at_the_end_of_validity() throws Exception {
            startBound();
            passInUse(Duration.ofMinutes(48));
            assertThat(state()).isEqualTo(State.REBINDING);
            assertThat(source.renewed.get(0)).isCancelled();
            assertThat(source.rebound).hasSize(1);

            passInUse(Duration.ofMinutes(12).minusSeconds(1));
            assertThat(kernel.devices.get("dstm0")).contains(LEASED);
            loop.pass(Duration.ofSeconds(1));

            assertOnlyPlaceholder();
            assertThat(source.rebound.get(0)).isCancelled();
            assertThat(source.released).as("it is the server's again").isEmpty();
            assertThat(state()).as("packets still came, so it asks anew").isEqualTo(State.REQUESTING);
            assertThat(source.acquired).hasSize(2);
        }

        @Test
        void moves_the_tunnel_when_renewal_brings_other_ends() throws Exception {
            startBound();
            passInUse(Duration.ofMinutes(30));
            Ipv6Address moved = Ipv6Address.parse("2001:db8:2::88");
            ClientLease prolonged = new ClientLease(
                    lease().key(),
                    moved,
                    TEP,
                    loop.instant(),
                    Duration.ofMinutes(30),
                    Duration.ofMinutes(48),
                    Duration.ofHours(1));
            source.renewed.get(0).complete(prolonged);
            kernel.toIpv6.clear();

            programUsesLease();

            assertThat(Ipv6Address.ofBytes(kernel.toIpv6.get(0), 8)).isEqualTo(moved);
        }

        @Test
        void changes_the_address_when_renewal_brings_another() throws Exception {
            startBound();
            passInUse(Duration.ofMinutes(30));

            source.renewed.get(0).complete(lease(OTHER, PortSet.FULL, Duration.ofHours(1)));

            assertThat(kernel.devices.get("dstm0")).containsExactlyInAnyOrder(PLACEHOLDER, OTHER);
            assertThat(kernel.preferredSource()).contains(OTHER);
        }

        @Test
        void uses_a_lease_to_its_end_when_renewal_is_refused() throws Exception {
            startBound();
            passInUse(Duration.ofMinutes(30));
            source.renewed.get(0).completeExceptionally(new LeaseRefusedException("not renewable", false));

            assertThat(state()).isEqualTo(State.RENEWING);
            assertThat(engine.status().detail()).contains("not renewable");
            assertThat(kernel.devices.get("dstm0")).contains(LEASED);
        }

        @Test
        void asks_anew_at_once_when_the_server_forgot_the_lease() throws Exception {
            startBound();
            passInUse(Duration.ofMinutes(30));
            source.renewed.get(0).completeExceptionally(new LeaseRefusedException("no binding", true));

            assertOnlyPlaceholder();
            assertThat(state()).isEqualTo(State.REQUESTING);
            source.acquired.get(1).complete(lease(OTHER, PortSet.FULL, Duration.ofHours(1)));
            assertThat(kernel.preferredSource()).contains(OTHER);
        }

        @Test
        void never_renews_what_is_not_renewable() throws Exception {
            start();
            engine.demand("one");
            Duration valid = Duration.ofMinutes(5);
            source.acquired
                    .get(0)
                    .complete(new ClientLease(lease().key(), NODE, TEP, loop.instant(), valid, valid, valid));
            passInUse(Duration.ofMinutes(5).minusSeconds(1));
            assertThat(state()).isEqualTo(State.BOUND);
            loop.pass(Duration.ofSeconds(1));

            assertThat(source.renewed).isEmpty();
            assertOnlyPlaceholder();
        }

        @Test
        void gives_the_lease_back_when_idle() throws Exception {
            startBound();
            loop.pass(Duration.ofMinutes(9));
            programUsesLease();
            loop.pass(Duration.ofMinutes(9).plusSeconds(50));
            assertThat(state()).isEqualTo(State.BOUND);
            loop.pass(Duration.ofSeconds(20));

            assertThat(state()).isEqualTo(State.IDLE);
            assertThat(source.released).hasSize(1);
            assertOnlyPlaceholder();
            kernel.programSends(packet(PLACEHOLDER, REMOTE));
            assertThat(state()).isEqualTo(State.REQUESTING);
        }

        @Test
        void is_not_idle_while_packets_arrive_or_programs_ask() throws Exception {
            startBound();
            for (int i = 0; i < 3; i++) {
                loop.pass(Duration.ofMinutes(9));
                ByteBuffer outer = ByteBuffer.allocate(68);
                outer.putInt(0x60000000).putShort((short) 28).put((byte) 4).put((byte) 64);
                outer.put(TEP.toBytes()).put(NODE.toBytes()).put(packet(REMOTE, LEASED));
                kernel.wireDelivers(outer.array());
                loop.pass(Duration.ofMinutes(9));
                engine.demand("dns");
            }
            assertThat(source.released).isEmpty();
            assertThat(counter("forward-native-ipv6")).isEqualTo(3);
        }

        @Test
        void never_gives_back_when_told_so() throws Exception {
            settings.put("idle.release", "0s");
            startBound();
            loop.pass(Duration.ofMinutes(29));

            assertThat(state()).isEqualTo(State.BOUND);
        }

        @Test
        void ends_the_lease_on_waking_from_a_sleep_that_outlasted_it() throws Exception {
            startBound();
            loop.setWallForward(Duration.ofHours(2));
            loop.pass(Duration.ofSeconds(5));

            assertOnlyPlaceholder();
        }

        @Test
        void does_not_live_longer_when_the_clock_is_set_back() throws Exception {
            settings.put("idle.release", "0s");
            startBound();
            loop.setWallForward(Duration.ofDays(-1));
            loop.pass(Duration.ofHours(1));

            assertOnlyPlaceholder();
        }

        @Test
        void asks_to_move_the_lease_once_when_the_node_loses_its_end_of_the_tunnel() throws Exception {
            startBound();
            loop.pass(Duration.ofMinutes(1));
            assertThat(source.renewed).isEmpty();
            kernel.ipv6 = List.of();
            loop.pass(Duration.ofMinutes(1));
            assertThat(state()).isEqualTo(State.RENEWING);
            assertThat(source.renewed).hasSize(1);

            kernel.ipv6 = List.of(TEP);
            source.renewed
                    .get(0)
                    .complete(new ClientLease(
                            lease().key(),
                            TEP,
                            NODE,
                            loop.instant(),
                            Duration.ofMinutes(30),
                            Duration.ofMinutes(48),
                            Duration.ofHours(1)));
            loop.pass(Duration.ofMinutes(1));
            assertThat(state()).isEqualTo(State.BOUND);
            assertThat(source.renewed).hasSize(1);
        }

        @ParameterizedTest
        @CsvSource({"renew,RENEWING,1,0", "rebind,REBINDING,0,1", "ignore,BOUND,0,0"})
        void asks_a_server_when_the_tep_refuses_the_lease_unless_told_not_to(
                String choice, State expected, int renewals, int rebinds) throws Exception {
            settings.put("refused.source", choice);
            startBound();

            kernel.wireDelivers(refusal());
            kernel.wireDelivers(refusal());
            loop.pass(Duration.ofSeconds(1));

            assertThat(state()).isEqualTo(expected);
            assertThat(source.renewed).hasSize(renewals);
            assertThat(source.rebound).hasSize(rebinds);
            assertThat(counter("note-refused-source-ipv6")).isEqualTo(2);
        }

        @Test
        void asks_for_another_lease_when_the_server_says_that_the_refused_one_is_gone() throws Exception {
            startBound();
            kernel.wireDelivers(refusal());
            programUsesLease();

            FakeSource.last(source.renewed).completeExceptionally(new LeaseRefusedException("no binding", true));
            loop.pass(Duration.ofSeconds(1));

            assertThat(state()).isEqualTo(State.REQUESTING);
            assertThat(source.acquired).hasSize(2);
        }

        /** ICMPv6 1/5 from the TEP about the packet that {@link #programUsesLease} sends. */
        private byte[] refusal() {
            byte[] quoted = packet(LEASED, REMOTE);
            ByteBuffer b = ByteBuffer.allocate(40 + 8 + 40 + quoted.length);
            b.putInt(0x60000000)
                    .putShort((short) (b.capacity() - 40))
                    .put((byte) 58)
                    .put((byte) 64);
            b.put(TEP.toBytes()).put(NODE.toBytes()).putInt(0x01050000).putInt(0);
            b.putInt(0x60000000).putShort((short) quoted.length).put((byte) 4).put((byte) 64);
            b.put(NODE.toBytes()).put(TEP.toBytes()).put(quoted);
            long sum = 58 + b.capacity() - 40;
            for (int at = 8; at < b.capacity(); at += 2) {
                sum += b.getShort(at) & 0xFFFF;
            }
            sum = (sum & 0xFFFF) + (sum >>> 16);
            sum = (sum & 0xFFFF) + (sum >>> 16);
            return b.putShort(42, (short) ~sum).array();
        }

        @Test
        void does_not_miss_a_tunnel_end_that_was_never_an_address_of_the_node() throws Exception {
            start();
            kernel.ipv6 = List.of();
            engine.demand("one");
            source.acquired.get(0).complete(lease());
            kernel.broken = "interfaces";
            loop.pass(Duration.ofMinutes(1));
            kernel.broken = "";
            loop.pass(Duration.ofMinutes(1));

            assertThat(state()).isEqualTo(State.BOUND);
        }

        @Test
        void gives_the_lease_back_through_the_source_that_came_in_place_of_the_old_one() throws Exception {
            startBound();
            engine.removeSource(source);
            FakeSource restarted = new FakeSource("dhcpv6");
            engine.addSource(restarted);
            loop.pass(Duration.ofMinutes(10));

            assertThat(restarted.released).hasSize(1);
            assertThat(source.released).isEmpty();
        }

        @Test
        void waits_for_the_release_before_it_asks_again() throws Exception {
            startBound();
            source.releaseAnswer = new CompletableFuture<>();
            loop.pass(Duration.ofMinutes(10));
            engine.demand("again");
            assertThat(source.acquired).hasSize(1);

            source.releaseAnswer.complete(null);
            assertThat(source.acquired).hasSize(2);
        }

        @Test
        void does_not_wait_for_ever_for_a_release() throws Exception {
            startBound();
            source.releaseAnswer = new CompletableFuture<>();
            loop.pass(Duration.ofMinutes(10));
            engine.demand("again");
            loop.pass(Duration.ofSeconds(4));

            assertThat(source.acquired).hasSize(2);
        }

        @Test
        void lives_on_without_its_source_and_renews_when_that_is_back() throws Exception {
            startBound();
            engine.removeSource(source);
            passInUse(Duration.ofMinutes(31));
            assertThat(state()).isEqualTo(State.RENEWING);
            assertThat(source.renewed).isEmpty();

            engine.addSource(source);

            source.renewed.get(0).complete(lease());
            assertThat(state()).isEqualTo(State.BOUND);
        }
    }

    @Nested
    class WithASharedAddress {

        private static final PortSet BLOCK = PortSet.ofRange(5120, 6143);

        private void bind(PortSet ports) throws Exception {
            start();
            engine.demand("one");
            source.acquired.get(0).complete(lease(LEASED, ports, Duration.ofHours(1)));
        }

        @Test
        void the_kernel_keeps_to_a_large_block_while_the_lease_lasts() throws Exception {
            bind(BLOCK);
            assertThat(kernel.switches).containsEntry(RANGE, "5120\t6143");

            loop.pass(Duration.ofMinutes(11));
            assertThat(kernel.switches).containsEntry(RANGE, "32768\t60999");
        }

        @Test
        void the_kernel_keeps_its_range_for_small_or_scattered_sets() throws Exception {
            bind(PortSet.ofRange(5120, 5631));
            assertThat(kernel.switches).containsEntry(RANGE, "32768\t60999");
            engine.stop(PATIENCE);
            bind(new PortSet(4, 2, 1));
            assertThat(kernel.switches).containsEntry(RANGE, "32768\t60999");
        }

        @Test
        void the_operator_decides_for_small_blocks() throws Exception {
            settings.put("local.ports", "kernel");
            bind(PortSet.ofRange(5120, 5631));
            assertThat(kernel.switches).containsEntry(RANGE, "5120\t5631");
        }

        @Test
        void the_operator_decides_against_the_kernel() throws Exception {
            settings.put("local.ports", "translate");
            bind(BLOCK);
            assertThat(kernel.switches).containsEntry(RANGE, "32768\t60999");
        }

        @Test
        void privileged_ports_are_no_local_ports() throws Exception {
            kernel.switches.put("net.ipv4.ip_unprivileged_port_start", "1024");
            bind(PortSet.ofRange(0, 4095));
            assertThat(kernel.switches).containsEntry(RANGE, "1024\t4095");
        }

        @Test
        void what_somebody_else_set_meanwhile_stays() throws Exception {
            bind(BLOCK);
            kernel.switches.put(RANGE, "20000\t30000");
            engine.stop(PATIENCE);
            assertThat(kernel.switches).containsEntry(RANGE, "20000\t30000");
        }

        @Test
        void a_client_after_a_killed_one_puts_the_range_back() throws Exception {
            bind(BLOCK);
            // Killed: the kernel removes the device with the process, but keeps the switch.
            kernel.devices.clear();
            kernel.routes.clear();
            FakeSource next = new FakeSource("dhcpv6");
            ClientEngine successor = newEngine();
            successor.addSource(next);
            successor.start();

            assertThat(kernel.switches).containsEntry(RANGE, "32768\t60999");
            assertThat(next.acquired)
                    .as("programs may have flows on the address")
                    .hasSize(1);
        }

        @Test
        void a_range_that_could_not_be_put_back_is_not_changed() throws Exception {
            kernel.switches.put(RANGE, "3");
            bind(BLOCK);
            assertThat(kernel.switches).containsEntry(RANGE, "3");
            assertThat(state()).isEqualTo(State.BOUND);
        }

        @Test
        void translation_does_the_work_where_the_switch_is_refused() throws Exception {
            kernel.broken = "switch";
            bind(BLOCK);

            assertThat(state()).isEqualTo(State.BOUND);
            kernel.programSends(packet(LEASED, REMOTE));
            assertThat(counter("forward-translated-ipv4")).isEqualTo(1);
        }
    }

    @Nested
    class WhenTheKernelRefuses {

        @Test
        void says_why_and_tries_again() throws Exception {
            kernel.broken = "open";
            start();
            assertThat(state()).isEqualTo(State.FAILED);
            assertThat(engine.status().detail()).contains("open dstm0 refused");
            assertThat(failureOf(engine.demand("one").toCompletableFuture())).contains("open dstm0 refused");

            kernel.broken = "";
            loop.pass(Duration.ofSeconds(1));

            assertThat(state()).isEqualTo(State.IDLE);
            assertOnlyPlaceholder();
        }

        @Test
        void leaves_no_device_behind_when_the_route_is_refused() throws Exception {
            kernel.broken = "route";
            start();

            assertThat(kernel.devices).isEmpty();
            assertThat(state()).isEqualTo(State.FAILED);
        }

        @Test
        void gives_a_lease_back_that_cannot_be_configured() throws Exception {
            kernel.broken = "add 198.51.100.7";
            start();
            CompletableFuture<ClientLease> demand = engine.demand("one").toCompletableFuture();
            source.acquired.get(0).complete(lease());

            assertThat(failureOf(demand)).contains("cannot configure 198.51.100.7");
            assertThat(source.released).hasSize(1);
            assertThat(state()).isEqualTo(State.FAILED);
            assertThat(kernel.devices).isEmpty();
            assertThat(engine.status().lease()).isNull();
        }

        @Test
        void asks_for_less_and_less_leases_that_it_cannot_configure() throws Exception {
            kernel.broken = "add 198.51.100.7";
            start();
            for (int second = 0; second < 600; second++) {
                if (state() == State.IDLE) {
                    kernel.programSends(packet(PLACEHOLDER, REMOTE));
                    FakeSource.last(source.acquired).complete(lease());
                }
                loop.pass(Duration.ofSeconds(1));
            }
            assertThat(source.acquired).hasSizeBetween(10, 17);
            assertThat(source.released).hasSameSizeAs(source.acquired);
        }

        @Test
        void begins_anew_when_somebody_removes_the_device() throws Exception {
            startBound();
            kernel.devices.clear();
            kernel.routes.clear();
            loop.pass(Duration.ofSeconds(5));
            assertThat(state()).isEqualTo(State.FAILED);
            assertThat(engine.status().detail()).contains("somebody removed it");
            assertThat(source.released).hasSize(1);

            loop.pass(Duration.ofSeconds(1));
            assertThat(state()).isEqualTo(State.IDLE);
            assertOnlyPlaceholder();
        }

        @Test
        void removes_the_device_when_the_address_cannot_be_removed() throws Exception {
            startBound();
            kernel.broken = "remove";
            loop.pass(Duration.ofMinutes(11));

            assertThat(kernel.devices).as("later opened anew").doesNotContainValue(List.of(PLACEHOLDER, LEASED));
            assertThat(source.released).hasSize(1);
            kernel.broken = "";
            loop.pass(Duration.ofMinutes(1));
            assertOnlyPlaceholder();
            assertThat(state()).isEqualTo(State.IDLE);
        }
    }

    @Nested
    class Changed {

        private void change(String key, String value) throws Exception {
            settings.put(key, value);
            engine.configure(ClientConfig.read(settings));
        }

        @Test
        void another_device_takes_the_lease_over() throws Exception {
            startBound();
            change("device", "four");

            assertThat(kernel.devices).containsOnlyKeys("four");
            assertThat(kernel.devices.get("four")).contains(LEASED);
            assertThat(kernel.preferredSource()).contains(LEASED);
            assertThat(state()).isEqualTo(State.BOUND);
            assertThat(source.released).isEmpty();
            programUsesLease();
            assertThat(kernel.toIpv6).hasSize(1);
        }

        @Test
        void idle_time_applies_to_the_lease_there_is() throws Exception {
            startBound();
            loop.pass(Duration.ofMinutes(2));
            change("idle.release", "1m");

            assertThat(state()).isEqualTo(State.IDLE);
        }

        @Test
        void another_source_is_asked_and_the_old_one_gets_its_lease_back() throws Exception {
            startBound();
            FakeSource tsp = new FakeSource("tsp");
            engine.addSource(tsp);
            change("source", "tsp");
            assertThat(source.released).hasSize(1);
            engine.demand("again");

            assertThat(tsp.acquired).hasSize(1);
        }

        @Test
        void packets_stop_being_a_need_at_once() throws Exception {
            start();
            change("trigger.packet", "false");
            kernel.programSends(packet(PLACEHOLDER, REMOTE));

            assertThat(source.acquired).isEmpty();
        }

        @Test
        void a_client_that_failed_begins_anew_with_the_new_device() throws Exception {
            kernel.broken = "open dstm0";
            start();
            change("device", "four");

            assertThat(state()).isEqualTo(State.IDLE);
            assertThat(kernel.devices).containsOnlyKeys("four");
        }
    }

    @Nested
    class Stopped {

        @Test
        void gives_the_lease_back_and_leaves_nothing() throws Exception {
            startBound();
            engine.stop(PATIENCE);

            assertThat(source.released).hasSize(1);
            assertThat(kernel.devices).isEmpty();
            assertThat(kernel.routes).isEmpty();
            assertThat(loop.pendingTimers()).as("but the guard of the release").isLessThanOrEqualTo(1);
            ClientStatus status = engine.status();
            assertThat(status.state()).isEqualTo(State.IDLE);
            assertThat(status.lease()).isNull();
            assertThat(failureOf(engine.demand("late").toCompletableFuture())).contains("stopped");
        }

        @Test
        void fails_those_who_wait() throws Exception {
            start();
            CompletableFuture<ClientLease> demand = engine.demand("one").toCompletableFuture();
            engine.stop(PATIENCE);

            assertThat(failureOf(demand)).contains("stops");
            assertThat(source.acquired.get(0)).isCancelled();
        }

        @Test
        void a_clean_stop_is_no_reason_to_ask_at_the_next_start() throws Exception {
            startBound();
            engine.stop(PATIENCE);
            start();

            assertThat(source.acquired).hasSize(1);
        }
    }

    @Test
    void no_state_follows_another_but_along_the_arrows() {
        assertThat(ClientEngine.mayBecome(State.IDLE, State.BOUND)).isFalse();
        assertThat(ClientEngine.mayBecome(State.FAILED, State.REQUESTING)).isFalse();
        assertThat(ClientEngine.mayBecome(State.REBINDING, State.RENEWING)).isFalse();
        assertThat(ClientEngine.mayBecome(State.BOUND, State.REBINDING)).isTrue();
    }
}
