package io.dstm.store.contract;

import static io.dstm.store.contract.Leases.key;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseHistory.Entry;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStore.Change;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every {@link LeaseStore} that is a {@link LeaseHistory} must remember of former holders. */
public abstract class LeaseHistoryContract {

    private static final Duration DAY = Duration.ofDays(1);

    /** Where the clock stands at first. */
    protected static final long START = Leases.EPOCH;

    private static final int PATIENCE_SECONDS = 60;
    private static final Ipv6Address HOME = Ipv6Address.parse("2001:db8::1");
    private static final Ipv6Address ELSEWHERE = Ipv6Address.parse("2001:db8::e");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8:ffff::1");

    /** Seconds since 1970. */
    protected final AtomicLong clock = new AtomicLong(START);

    private LeaseStore store;

    /** An empty store with a history. */
    protected abstract LeaseStore create(InstantSource time, Duration keep) throws Exception;

    /** Closes {@code open} in an orderly way. */
    protected abstract void close(LeaseStore open) throws Exception;

    /** Opens what {@code closed} wrote, perhaps with another time to keep. */
    protected abstract LeaseStore reopen(LeaseStore closed, InstantSource time, Duration keep) throws Exception;

    @BeforeEach
    final void createStore() throws Exception {
        store = create(this::now, Duration.ofDays(1));
    }

    @AfterEach
    final void closeStore() throws Exception {
        close(store);
    }

    private Instant now() {
        return Instant.ofEpochSecond(clock.get());
    }

    private void restart(Duration keep) throws Exception {
        close(store);
        store = reopen(store, this::now, keep);
    }

    /** The store under test, as a history. */
    protected final LeaseHistory history() {
        return (LeaseHistory) store;
    }

    /** Commits and waits. */
    protected final void commit(Change... changes) throws Exception {
        store.commit(List.of(changes)).toCompletableFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
    }

    private static ClientId client(int number) {
        return new ClientId("duid:000300010000" + Integer.toHexString(number), 1);
    }

    private static Lease active(LeaseKey key, int client, Ipv6Address source, long since, long until) {
        return new Lease(
                key,
                client(client),
                source,
                TEP,
                "default",
                LeaseState.ACTIVE,
                Instant.ofEpochSecond(since),
                Instant.ofEpochSecond(until));
    }

    private static Change hold(LeaseKey key, int client, long since, long until) {
        return new Change.Put(active(key, client, HOME, since, until));
    }

    private static Change rest(LeaseKey key, int client, long since, LeaseEvent.Kind why) {
        Lease lease = active(key, client, HOME, since, since + 9_000);
        return new Change.Put(
                new Lease(
                        lease.key(),
                        lease.client(),
                        lease.tunnelSource(),
                        lease.tunnelAddress(),
                        lease.pool(),
                        LeaseState.QUARANTINED,
                        lease.since(),
                        lease.until()),
                why);
    }

    private List<Entry> of(LeaseKey key) throws LeaseStoreException {
        return ask(key.address(), null, null, START - 1_000_000, START + 1_000_000);
    }

    private List<Entry> ask(Ipv4Address address, Integer port, String client, long from, long to)
            throws LeaseStoreException {
        return history()
                .find(new Question(
                        address,
                        port,
                        client,
                        Instant.ofEpochSecond(from),
                        Instant.ofEpochSecond(to),
                        0,
                        LeaseHistory.MOST_MATCHES))
                .entries();
    }

    private List<Entry> at(LeaseKey key, long second) throws LeaseStoreException {
        return history()
                .find(Question.at(key.address(), null, Instant.ofEpochSecond(second)))
                .entries();
    }

    private static Entry entry(LeaseKey key, int client, Ipv6Address source, long from, long to, End end) {
        return new Entry(
                key,
                client(client),
                source,
                TEP,
                "default",
                Instant.ofEpochSecond(from),
                Instant.ofEpochSecond(to),
                end);
    }

    @Test
    void knows_nobody_when_new() throws Exception {
        assertThat(of(key(1))).isEmpty();
    }

    @Test
    void a_renewal_extends_and_adds_nothing() throws Exception {
        commit(hold(key(1), 1, START, START + 100));
        for (int renewal = 1; renewal <= 5; renewal++) {
            clock.addAndGet(50);
            commit(hold(key(1), 1, START, clock.get() + 100));
        }
        assertThat(of(key(1))).containsExactly(entry(key(1), 1, HOME, START, START + 350, End.HELD));
        clock.addAndGet(10);
        commit(rest(key(1), 1, START, LeaseEvent.Kind.RELEASED));
        assertThat(of(key(1))).containsExactly(entry(key(1), 1, HOME, START, START + 260, End.RELEASED));
    }

    @Test
    void says_why_and_when_it_ended() throws Exception {
        for (int number = 1; number <= 3; number++) {
            commit(hold(key(number), number, START, START + 100));
        }
        clock.set(START + 60);
        commit(rest(key(1), 1, START, LeaseEvent.Kind.RELEASED));
        commit(rest(key(2), 2, START, LeaseEvent.Kind.DECLINED));
        clock.set(START + 101);
        commit(rest(key(3), 3, START, LeaseEvent.Kind.EXPIRED));
        clock.set(START + 1_000);
        restart(Duration.ofDays(1));
        assertThat(of(key(1))).containsExactly(entry(key(1), 1, HOME, START, START + 60, End.RELEASED));
        assertThat(of(key(2))).containsExactly(entry(key(2), 2, HOME, START, START + 60, End.DECLINED));
        assertThat(of(key(3))).containsExactly(entry(key(3), 3, HOME, START, START + 100, End.EXPIRED));
    }

    @Test
    void what_the_operator_took_back_is_told_as_that() throws Exception {
        commit(hold(key(1), 1, START, START + 100));
        clock.set(START + 60);
        commit(rest(key(1), 1, START, LeaseEvent.Kind.WITHDRAWN));
        assertThat(of(key(1))).containsExactly(entry(key(1), 1, HOME, START, START + 60, End.WITHDRAWN));
    }

    @Test
    void an_end_that_nobody_recorded_is_the_end_of_the_lease() throws Exception {
        commit(hold(key(1), 1, START, START + 100));
        clock.set(START + 5_000);
        restart(Duration.ofDays(1));
        assertThat(of(key(1))).containsExactly(entry(key(1), 1, HOME, START, START + 100, End.EXPIRED));
        commit(hold(key(1), 2, START + 5_000, START + 6_000));
        assertThat(of(key(1)))
                .containsExactly(
                        entry(key(1), 1, HOME, START, START + 100, End.EXPIRED),
                        entry(key(1), 2, HOME, START + 5_000, START + 6_000, End.HELD));
        assertThat(at(key(1), START + 3_000)).isEmpty();
    }

    @Test
    void a_client_that_moves_has_entries_that_join() throws Exception {
        commit(hold(key(1), 1, START, START + 100));
        clock.set(START + 40);
        commit(new Change.Put(active(key(1), 1, ELSEWHERE, START, START + 140)));
        clock.set(START + 70);
        restart(Duration.ofDays(1));
        assertThat(of(key(1)))
                .containsExactly(
                        entry(key(1), 1, HOME, START, START + 40, End.MOVED),
                        entry(key(1), 1, ELSEWHERE, START + 40, START + 140, End.HELD));
        commit(hold(key(1), 1, START, START + 170));
        clock.set(START + 90);
        commit(rest(key(1), 1, START, LeaseEvent.Kind.RELEASED));
        assertThat(of(key(1)))
                .containsExactly(
                        entry(key(1), 1, HOME, START, START + 40, End.MOVED),
                        entry(key(1), 1, ELSEWHERE, START + 40, START + 70, End.MOVED),
                        entry(key(1), 1, HOME, START + 70, START + 90, End.RELEASED));
        assertThat(at(key(1), START + 40)).extracting(Entry::tunnelSource).containsExactly(ELSEWHERE);
        assertThat(at(key(1), START + 39)).extracting(Entry::tunnelSource).containsExactly(HOME);
        clock.set(START + 200);
        commit(hold(key(1), 1, START + 200, START + 300));
        assertThat(of(key(1))).hasSize(4).last().isEqualTo(entry(key(1), 1, HOME, START + 200, START + 300, End.HELD));
    }

    @Test
    void a_grant_that_was_taken_back_is_told_as_that() throws Exception {
        commit(hold(key(1), 1, START, START + 100));
        commit(new Change.Remove(key(1)));
        assertThat(of(key(1))).containsExactly(entry(key(1), 1, HOME, START, START, End.WITHDRAWN));
        assertThat(at(key(1), START)).hasSize(1);
        assertThat(at(key(1), START + 1)).isEmpty();
    }

    @Test
    void what_happens_within_one_commit_counts_step_by_step() throws Exception {
        commit(
                hold(key(1), 1, START - 100, START + 100),
                rest(key(1), 1, START - 100, LeaseEvent.Kind.RELEASED),
                hold(key(1), 2, START, START + 50),
                hold(key(1), 2, START, START + 60),
                new Change.Remove(key(1)),
                hold(key(1), 3, START + 1, START + 90));
        assertThat(of(key(1)))
                .containsExactly(
                        entry(key(1), 1, HOME, START - 100, START, End.RELEASED),
                        entry(key(1), 2, HOME, START, START, End.WITHDRAWN),
                        entry(key(1), 3, HOME, START + 1, START + 90, End.HELD));
    }

    @Test
    void an_ending_lease_is_held_until_its_tep_has_forgotten_it() throws Exception {
        commit(hold(key(1), 1, START, START + 100));
        Lease ending =
                active(key(1), 1, HOME, START, START + 100).to(LeaseState.ENDING, Instant.ofEpochSecond(START + 100));
        clock.set(START + 30);
        commit(new Change.Put(ending));
        assertThat(of(key(1))).extracting(Entry::end).containsExactly(End.HELD);
        clock.set(START + 40);
        commit(rest(key(1), 1, START, LeaseEvent.Kind.RELEASED));
        assertThat(of(key(1))).containsExactly(entry(key(1), 1, HOME, START, START + 40, End.RELEASED));
    }

    @Test
    void quarantine_that_is_stored_again_adds_nothing() throws Exception {
        commit(hold(key(1), 1, START, START + 100));
        commit(rest(key(1), 1, START, LeaseEvent.Kind.RELEASED));
        commit(rest(key(1), 1, START, LeaseEvent.Kind.RELEASED));
        commit(new Change.Remove(key(1)));
        assertThat(of(key(1))).hasSize(1);
    }

    @Test
    void tells_the_holders_of_one_address_apart_by_port() throws Exception {
        Ipv4Address address = Ipv4Address.parse("192.0.2.1");
        LeaseKey low = new LeaseKey(address, PortSet.ofRange(1024, 2047));
        LeaseKey high = new LeaseKey(address, PortSet.ofRange(2048, 4095));
        commit(hold(low, 1, START, START + 100), hold(high, 2, START, START + 100));
        commit(hold(new LeaseKey(address.plus(1), PortSet.FULL), 3, START, START + 100));
        clock.set(START + 10);
        commit(rest(low, 1, START, LeaseEvent.Kind.RELEASED));
        clock.set(START + 20);
        commit(hold(low, 4, START + 20, START + 100));
        assertThat(ask(address, 1024, null, START, START + 100))
                .extracting(Entry::client)
                .containsExactly(client(1), client(4));
        assertThat(ask(address, 2047, null, START + 10, START + 20)).isEmpty();
        assertThat(ask(address, 2048, null, START + 10, START + 20))
                .extracting(Entry::client)
                .containsExactly(client(2));
        assertThat(ask(address, 4096, null, START, START + 100)).isEmpty();
        assertThat(ask(address, null, null, START, START + 100))
                .extracting(Entry::client)
                .containsExactly(client(1), client(2), client(4));
    }

    @Test
    void follows_a_client_from_address_to_address() throws Exception {
        commit(hold(key(1), 1, START, START + 100), hold(key(2), 2, START, START + 100));
        clock.set(START + 50);
        commit(rest(key(1), 1, START, LeaseEvent.Kind.RELEASED));
        commit(hold(key(3), 1, START + 50, START + 150));
        assertThat(ask(null, null, client(1).identity(), START, START + 100))
                .containsExactly(
                        entry(key(1), 1, HOME, START, START + 50, End.RELEASED),
                        entry(key(3), 1, HOME, START + 50, START + 150, End.HELD));
        assertThat(ask(key(3).address(), null, client(2).identity(), START, START + 100))
                .isEmpty();
    }

    @Test
    void answers_page_by_page() throws Exception {
        for (int holder = 0; holder < 10; holder++) {
            clock.set(START + holder);
            commit(hold(key(1), holder, START + holder, START + 100));
        }
        List<Entry> all = of(key(1));
        assertThat(all).hasSize(10);
        LeaseHistory.Answer answer = history()
                .find(new Question(
                        key(1).address(), null, null, Instant.ofEpochSecond(START), now().plusSeconds(1), 4, 3));
        assertThat(answer.entries()).isEqualTo(all.subList(4, 7));
        assertThat(answer.offset()).isEqualTo(4);
        assertThat(answer.total()).isEqualTo(10);
    }

    @Test
    void keeps_nothing_but_the_present_if_told_so() throws Exception {
        restart(Duration.ZERO);
        assertThat(history().keep()).isZero();
        commit(hold(key(1), 1, START, START + 100));
        clock.set(START + 10);
        commit(hold(key(1), 2, START + 10, START + 100));
        assertThat(of(key(1))).containsExactly(entry(key(1), 2, HOME, START + 10, START + 100, End.HELD));
    }

    @Test
    void a_question_needs_an_address_or_a_client_and_a_time() {
        Instant moment = Instant.ofEpochSecond(START);
        assertThatThrownBy(() -> new Question(null, 80, null, moment, moment.plusSeconds(1), 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("an address or a client must be given");
        assertThatThrownBy(() -> new Question(key(1).address(), null, null, moment, moment, 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the time must end after it begins");
        assertThatThrownBy(() -> new Question(key(1).address(), 65536, null, moment, moment.plusSeconds(1), 0, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("port 65536");
    }

    private Change random(Random random) {
        LeaseKey key = Leases.key(random.nextInt(5));
        if (random.nextInt(5) == 0) {
            return new Change.Remove(key);
        }
        long now = clock.get();
        // Begins that repeat, so that renewals and moves are among it.
        long since = now - now % 16;
        boolean active = random.nextInt(3) > 0;
        return new Change.Put(
                new Lease(
                        key,
                        new ClientId("duid:" + random.nextInt(2), 1),
                        Ipv6Address.parse("2001:db8::" + random.nextInt(2)),
                        Ipv6Address.parse("2001:db8:ffff::1"),
                        "default",
                        active ? LeaseState.ACTIVE : LeaseState.QUARANTINED,
                        Instant.ofEpochSecond(since),
                        Instant.ofEpochSecond(now + random.nextInt(40))),
                random.nextBoolean() ? LeaseEvent.Kind.RELEASED : null);
    }

    @Test
    void agrees_with_the_store_in_memory_after_random_changes() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        MemoryLeaseStore model = new MemoryLeaseStore(() -> Instant.ofEpochSecond(clock.get()), DAY);
        for (int step = 0; step < 600; step++) {
            clock.addAndGet(random.nextInt(5));
            List<Change> changes = new ArrayList<>();
            for (int i = random.nextInt(4); i >= 0; i--) {
                changes.add(random(random));
            }
            commit(changes.toArray(Change[]::new));
            model.commit(changes).toCompletableFuture().get(1, TimeUnit.SECONDS);
        }
        int entries = 0;
        for (int number = 0; number < 5; number++) {
            for (int part = 0; part < 20; part++) {
                long from = START + random.nextInt(1_200);
                Question question = new Question(
                        random.nextInt(4) > 0 ? Leases.key(number).address() : null,
                        null,
                        "duid:" + random.nextInt(2),
                        Instant.ofEpochSecond(from),
                        Instant.ofEpochSecond(from + 1 + random.nextInt(300)),
                        0,
                        10_000);
                assertThat(history().find(question).entries())
                        .as("seed " + seed + ", " + question)
                        .containsExactlyInAnyOrderElementsOf(
                                model.find(question).entries());
                entries += history().find(question).total();
            }
        }
        assertThat(entries).as("something was compared").isGreaterThan(50);
    }
}
