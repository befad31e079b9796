package io.dstm.dns.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus;
import io.dstm.api.client.Ipv4OnDemand;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.EDNSOption;
import org.xbill.DNS.ExtendedErrorCodeOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

class StubResolverTest {

    private static final Object ASKER = "asker";

    private final Zone zone = new Zone();
    private final Need need = new Need();
    private final DnsCounters counters = new DnsCounters();
    private StubResolver resolver = resolver(Duration.ofSeconds(30));

    private StubResolver resolver(Duration hold) {
        return new StubResolver(zone, () -> Optional.of(need), hold, counters);
    }

    @Test
    void holds_an_ipv4_only_answer_until_the_lease_is_configured() throws Exception {
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        CompletableFuture<Optional<byte[]>> reply = resolver.answer(ASKER, query("www.example.test.", Type.A), false);
        assertThat(reply).isNotDone();
        assertThat(need.reasons).containsExactly("dns www.example.test.");
        need.lease.complete(lease());
        Message answer = new Message(reply.get(60, TimeUnit.SECONDS).orElseThrow());
        assertThat(answer.getHeader().getID()).isEqualTo(4711);
        assertThat(answer.getSection(Section.ANSWER)).hasSize(1);
        assertThat(counters.value(DnsCounter.HELD)).isEqualTo(1);
    }

    @Test
    void follows_aliases_to_the_address() throws Exception {
        zone.add(
                "alias.example.test.",
                new CNAMERecord(name("alias.example.test."), DClass.IN, 60, name("www.example.test.")),
                new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        assertThat(resolver.answer(ASKER, query("alias.example.test.", Type.A), false))
                .isNotDone();
        assertThat(need.reasons).hasSize(1);
    }

    @Test
    void passes_a_name_that_has_ipv6_too() throws Exception {
        zone.add(
                "dual.example.test.", new ARecord(name("dual.example.test."), DClass.IN, 60, address("198.51.100.80")));
        zone.add(
                "dual.example.test.",
                new AAAARecord(name("dual.example.test."), DClass.IN, 60, address("2001:db8::80")));
        assertThat(resolver.answer(ASKER, query("dual.example.test.", Type.A), false)
                        .get(60, TimeUnit.SECONDS))
                .isPresent();
        assertThat(need.reasons).isEmpty();
        assertThat(counters.value(DnsCounter.PASSED)).isEqualTo(1);
    }

    @Test
    void passes_everything_that_is_no_a_query() throws Exception {
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        for (int type : new int[] {Type.AAAA, Type.ANY, Type.MX, Type.TXT, Type.SVCB}) {
            assertThat(resolver.answer(ASKER, query("www.example.test.", type), false)
                            .get(60, TimeUnit.SECONDS))
                    .isPresent();
        }
        assertThat(need.reasons).isEmpty();
    }

    @Test
    void passes_addresses_that_never_enter_the_tunnel() throws Exception {
        zone.add("local.example.test.", new ARecord(name("local.example.test."), DClass.IN, 60, address("127.0.0.1")));
        zone.add(
                "blocked.example.test.", new ARecord(name("blocked.example.test."), DClass.IN, 60, address("0.0.0.0")));
        assertThat(resolver.answer(ASKER, query("local.example.test.", Type.A), false))
                .isDone();
        assertThat(resolver.answer(ASKER, query("blocked.example.test.", Type.A), false))
                .isDone();
        assertThat(resolver.answer(ASKER, query("no.example.test.", Type.A), false))
                .isDone();
        assertThat(need.reasons).isEmpty();
    }

    @Test
    void passes_while_there_is_a_lease() throws Exception {
        need.present = lease();
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        assertThat(resolver.answer(ASKER, query("www.example.test.", Type.A), false))
                .isDone();
        assertThat(zone.asked).containsExactly(Type.A);
        assertThat(need.reasons).isEmpty();
    }

    @Test
    void passes_while_the_node_has_no_client() throws Exception {
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        StubResolver alone = new StubResolver(zone, Optional::empty, Duration.ofSeconds(1), counters);
        assertThat(alone.answer(ASKER, query("www.example.test.", Type.A), false))
                .isDone();
    }

    @Test
    void passes_a_truncated_answer_so_that_the_program_asks_over_tcp() throws Exception {
        zone.truncate = true;
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        assertThat(resolver.answer(ASKER, query("www.example.test.", Type.A), false))
                .isDone();
        assertThat(resolver.answer(ASKER, query("www.example.test.", Type.A), true))
                .isNotDone();
    }

    @Test
    void says_servfail_when_ipv4_is_refused_or_late() throws Exception {
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        resolver = resolver(Duration.ofMillis(50));
        Message late = new Message(resolver.answer(ASKER, query("www.example.test.", Type.A), false)
                .get(60, TimeUnit.SECONDS)
                .orElseThrow());
        assertThat(late.getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(late.getQuestion().getName()).isEqualTo(name("www.example.test."));
        need.lease.completeExceptionally(new IOException("refused"));
        Message query = Message.newQuery(Record.newRecord(name("www.example.test."), Type.A, DClass.IN));
        query.addRecord(new OPTRecord(1232, 0, 0), Section.ADDITIONAL);
        Message refused = new Message(resolver.answer(ASKER, query.toWire(), false)
                .get(60, TimeUnit.SECONDS)
                .orElseThrow());
        assertThat(refused.getRcode()).isEqualTo(Rcode.SERVFAIL);
        assertThat(refused.getOPT().getOptions(EDNSOption.Code.EDNS_EXTENDED_ERROR))
                .singleElement()
                .isInstanceOfSatisfying(ExtendedErrorCodeOption.class, why -> assertThat(why.getText())
                        .contains("IPv4"));
        assertThat(counters.value(DnsCounter.FAILED_NO_IPV4)).isEqualTo(2);
    }

    @Test
    void says_servfail_when_no_upstream_answers() throws Exception {
        zone.silent = true;
        for (int type : new int[] {Type.A, Type.AAAA}) {
            Message answer = new Message(resolver.answer(ASKER, query("www.example.test.", type), false)
                    .get(60, TimeUnit.SECONDS)
                    .orElseThrow());
            assertThat(answer.getRcode()).isEqualTo(Rcode.SERVFAIL);
        }
        assertThat(counters.value(DnsCounter.FAILED_NO_UPSTREAM)).isEqualTo(2);
    }

    @Test
    void works_once_on_a_query_that_is_repeated() throws Exception {
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        byte[] query = query("www.example.test.", Type.A);
        CompletableFuture<Optional<byte[]>> first = resolver.answer(ASKER, query, false);
        assertThat(resolver.answer(ASKER, query, false).join()).isEmpty();
        assertThat(resolver.answer("another", query, false)).isNotDone();
        assertThat(counters.value(DnsCounter.DROPPED_DUPLICATE)).isEqualTo(1);
        need.lease.complete(lease());
        assertThat(first.get(60, TimeUnit.SECONDS)).isPresent();
        assertThat(resolver.answer(ASKER, query, false).get(60, TimeUnit.SECONDS))
                .isPresent();
    }

    @Test
    void bounds_what_is_under_way() throws Exception {
        zone.add("www.example.test.", new ARecord(name("www.example.test."), DClass.IN, 60, address("198.51.100.80")));
        for (int i = 0; i <= StubResolver.MOST_PENDING; i++) {
            resolver.answer(i, query("www.example.test.", Type.A), false);
        }
        assertThat(counters.value(DnsCounter.DROPPED_BUSY)).isEqualTo(1);
    }

    @Test
    void refuses_what_is_no_plain_query() throws Exception {
        Message update = new Message(1);
        update.getHeader().setOpcode(Opcode.UPDATE);
        update.addRecord(Record.newRecord(name("example.test."), Type.SOA, DClass.IN), Section.QUESTION);
        assertThat(new Message(resolver.answer(ASKER, update.toWire(), false)
                                .join()
                                .orElseThrow())
                        .getRcode())
                .isEqualTo(Rcode.NOTIMP);
        assertThat(resolver.answer(ASKER, new byte[5], false).join()).isEmpty();
        Message response = new Message(query("www.example.test.", Type.A));
        response.getHeader().setFlag(Flags.QR);
        assertThat(resolver.answer(ASKER, response.toWire(), false).join()).isEmpty();
        assertThat(counters.value(DnsCounter.DROPPED_MALFORMED)).isEqualTo(2);
    }

    @Property
    void answers_or_drops_any_octets(@ForAll @Size(max = 300) byte[] octets) {
        assertThat(new StubResolverTest().resolver.answer(ASKER, octets, false)).isCompleted();
    }

    @Property
    void answers_or_drops_mutated_queries(@ForAll @Size(min = 1, max = 8) byte[] noise, @ForAll int place)
            throws IOException {
        byte[] query = query("www.example.test.", Type.A);
        for (int i = 0; i < noise.length; i++) {
            query[Math.floorMod(place + i * 7, query.length)] ^= noise[i];
        }
        assertThat(new StubResolverTest().resolver.answer(ASKER, query, false)).isCompleted();
    }

    static byte[] query(String name, int type) throws IOException {
        Message query = Message.newQuery(Record.newRecord(name(name), type, DClass.IN));
        query.getHeader().setID(4711);
        return query.toWire();
    }

    static Name name(String text) throws IOException {
        return Name.fromString(text);
    }

    static InetAddress address(String text) throws IOException {
        return InetAddress.getByName(text);
    }

    static ClientLease lease() {
        return new ClientLease(
                new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.FULL),
                Ipv6Address.parse("2001:db8:a::11"),
                Ipv6Address.parse("2001:db8:a::1"),
                Instant.EPOCH,
                Duration.ofMinutes(30),
                Duration.ofMinutes(48),
                Duration.ofHours(1));
    }

    /** A resolver of the network that answers from a table, at once. */
    static final class Zone implements Upstream {
        final Map<String, List<Record>> records = new HashMap<>();
        final List<Integer> asked = new ArrayList<>();
        boolean truncate;
        boolean silent;

        void add(String name, Record... added) {
            records.computeIfAbsent(name, any -> new ArrayList<>()).addAll(List.of(added));
        }

        @Override
        public CompletableFuture<Answer> ask(byte[] octets, boolean overTcp) {
            if (silent) {
                return CompletableFuture.failedFuture(new IOException("silent"));
            }
            try {
                Message query = new Message(octets);
                int type = query.getQuestion().getType();
                asked.add(type);
                Message answer = new Message(query.getHeader().getID());
                answer.getHeader().setFlag(Flags.QR);
                answer.addRecord(query.getQuestion(), Section.QUESTION);
                for (Record record :
                        records.getOrDefault(query.getQuestion().getName().toString(), List.of())) {
                    if (record.getType() == type
                            || record.getType() == Type.CNAME
                            || records.size() == 1 && type == Type.A) {
                        answer.addRecord(record, Section.ANSWER);
                    }
                }
                if (truncate && !overTcp && type == Type.A) {
                    answer.getHeader().setFlag(Flags.TC);
                }
                return CompletableFuture.completedFuture(new Answer(answer.toWire(), answer));
            } catch (IOException malformed) {
                return CompletableFuture.failedFuture(malformed);
            }
        }
    }

    /** A client that records the need. */
    static final class Need implements Ipv4OnDemand {
        final List<String> reasons = new ArrayList<>();
        final CompletableFuture<ClientLease> lease = new CompletableFuture<>();
        ClientLease present;

        @Override
        public CompletionStage<ClientLease> demand(String reason) {
            reasons.add(reason);
            return lease;
        }

        @Override
        public ClientStatus status() {
            return new ClientStatus(ClientStatus.State.IDLE, "", "dstm0", "dhcpv6", present, List.of());
        }
    }
}
