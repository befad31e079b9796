package io.dstm.dhcpv6.internal.server;

import static io.dstm.dhcpv6.internal.server.ServerKit.CLIENT;
import static io.dstm.dhcpv6.internal.server.ServerKit.iaNa;
import static io.dstm.dhcpv6.internal.server.ServerKit.request;
import static io.dstm.dhcpv6.internal.server.ServerKit.toThisServer;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.ipv6.Ipv6Decision.Reason;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.ipv6.Ipv6Options;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.Option.IaPrefix;
import io.dstm.dhcpv6.internal.codec.Option.IaTa;
import io.dstm.dhcpv6.internal.codec.Option.RapidCommit;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import io.dstm.dhcpv6.internal.testing.FakeIpv6LeaseService;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** A client that asks for IPv6 addresses and prefixes, alone or together with IPv4. */
class Ipv6LendingTest {

    private static final Ipv6Address FIRST = Ipv6Address.parse("2001:db8:2::1000");
    private static final Ipv6Prefix DELEGATED = Ipv6Prefix.parse("2001:db8:8000:100::/56");

    private final ServerKit server = new ServerKit();
    private final FakeIpv6LeaseService ipv6 = new FakeIpv6LeaseService();

    @BeforeEach
    void lend() {
        server.engine.lendIpv6With(ipv6);
        server.source = ServerKit.LINK_LOCAL;
    }

    private static IaPd iaPd(int iaid, Option... content) {
        return new IaPd(iaid, 0, 0, Options.of(content));
    }

    private static IaNa iaNaWith(int iaid, String... addresses) {
        List<Option> content = new ArrayList<>();
        for (String address : addresses) {
            content.add(new IaAddress(Ipv6Address.parse(address), 0, 0, Options.NONE));
        }
        return new IaNa(iaid, 0, 0, new Options(content));
    }

    private static IaNa lent(int iaid, long t1, long t2, Ipv6Address address) {
        return new IaNa(iaid, t1, t2, Options.of(new IaAddress(address, 2000, 3000, Options.NONE)));
    }

    private Message.Direct reply(MessageType type, Option... options) {
        List<Option> all = new ArrayList<>(List.of(options));
        if (!type.equals(MessageType.SOLICIT)
                && !type.equals(MessageType.REBIND)
                && !type.equals(MessageType.CONFIRM)
                && !type.equals(MessageType.INFORMATION_REQUEST)) {
            all.add(0, toThisServer());
        }
        return server.answered(MessageType.REPLY, server.message(type, all.toArray(Option[]::new)));
    }

    private static Status statusOf(Options options) {
        return options.status();
    }

    private static <A extends Option.Association> A only(Message.Direct answer, Class<A> kind) {
        assertThat(answer.options().all(kind)).hasSize(1);
        return answer.options().first(kind).orElseThrow();
    }

    @Nested
    class Asking {

        @Test
        void is_offered_an_address_and_a_prefix_with_the_same_times_in_both() {
            Message.Direct answer =
                    server.answered(MessageType.ADVERTISE, server.message(MessageType.SOLICIT, iaNa(7), iaPd(8)));

            assertThat(only(answer, IaNa.class)).isEqualTo(lent(7, 1000, 1600, FIRST));
            assertThat(only(answer, IaPd.class))
                    .isEqualTo(new IaPd(8, 1000, 1600, Options.of(new IaPrefix(4000, 5000, DELEGATED, Options.NONE))));
            assertThat(ipv6.calls).containsExactly("offer ADDRESS", "offer PREFIX");
        }

        @Test
        void is_lent_what_it_requests() {
            assertThat(only(reply(MessageType.REQUEST, iaNa(7)), IaNa.class)).isEqualTo(lent(7, 1000, 1600, FIRST));
            assertThat(ipv6.calls).containsExactly("allocate ADDRESS");
        }

        @Test
        void gets_it_all_at_once_with_rapid_commit() {
            Message.Direct answer = reply(MessageType.SOLICIT, new RapidCommit(), iaNa(7), iaPd(7));

            assertThat(answer.options().has(RapidCommit.class)).isTrue();
            assertThat(only(answer, IaNa.class).options().has(IaAddress.class)).isTrue();
            assertThat(only(answer, IaPd.class).options().has(IaPrefix.class)).isTrue();
        }

        @Test
        void several_associations_get_a_lease_each() {
            Message.Direct answer = reply(MessageType.REQUEST, iaNa(1), iaNa(2));

            assertThat(answer.options().all(IaNa.class).map(IaNa::iaid)).containsExactly(1, 2);
            assertThat(answer.options()
                            .all(IaNa.class)
                            .flatMap(ia -> ia.options().all(IaAddress.class))
                            .map(IaAddress::address))
                    .doesNotHaveDuplicates()
                    .hasSize(2);
        }

        @Test
        void too_many_associations_are_refused() {
            Option[] many = new Option[9];
            for (int i = 0; i < many.length; i++) {
                many[i] = iaNa(i);
            }

            Message.Direct answer = reply(MessageType.REQUEST, many);

            List<IaNa> all = answer.options().all(IaNa.class).toList();
            assertThat(all).hasSize(9);
            assertThat(statusOf(all.get(7).options())).isEqualTo(Status.SUCCESS);
            assertThat(statusOf(all.get(8).options())).isEqualTo(Status.NO_ADDRS_AVAIL);
        }

        @Test
        void gets_no_temporary_addresses() {
            Message.Direct answer = reply(MessageType.REQUEST, iaNa(1), new IaTa(2, Options.NONE));

            assertThat(statusOf(only(answer, IaTa.class).options())).isEqualTo(Status.NO_ADDRS_AVAIL);
            assertThat(only(answer, IaNa.class).options().has(IaAddress.class)).isTrue();
        }

        @Test
        void is_told_when_nothing_is_left() {
            ipv6.refusal = Reason.EXHAUSTED;

            Message.Direct answer =
                    server.answered(MessageType.ADVERTISE, server.message(MessageType.SOLICIT, iaNa(7), iaPd(8)));

            assertThat(statusOf(only(answer, IaNa.class).options())).isEqualTo(Status.NO_ADDRS_AVAIL);
            assertThat(only(answer, IaNa.class).options().has(IaAddress.class)).isFalse();
            assertThat(statusOf(only(answer, IaPd.class).options())).isEqualTo(Status.NO_PREFIX_AVAIL);
        }

        @Test
        void whose_address_is_of_another_link_is_told_so() {
            Message.Direct answer = reply(MessageType.REQUEST, iaNaWith(7, "2001:db8:9::1"));

            assertThat(only(answer, IaNa.class))
                    .isEqualTo(new IaNa(
                            7,
                            0,
                            0,
                            Options.of(new Option.StatusCode(
                                    Status.NOT_ON_LINK, "an address does not belong on this link"))));
            assertThat(ipv6.calls).isEmpty();
        }

        @Test
        void whose_hint_is_of_another_link_gets_something_else() {
            assertThat(only(reply(MessageType.SOLICIT, new RapidCommit(), iaNaWith(7, "2001:db8:9::1")), IaNa.class))
                    .isEqualTo(lent(7, 1000, 1600, FIRST));
        }

        @Test
        void comes_again_when_the_service_fails() {
            ipv6.broken = true;

            assertThat(statusOf(only(reply(MessageType.REQUEST, iaNa(7)), IaNa.class)
                            .options()))
                    .isEqualTo(Status.UNSPEC_FAIL);
        }

        @Test
        void is_refused_on_links_where_nothing_is_lent_and_without_the_service() {
            ipv6.serves = false;
            assertThat(statusOf(only(reply(MessageType.REQUEST, iaNa(7)), IaNa.class)
                            .options()))
                    .isEqualTo(Status.NO_ADDRS_AVAIL);

            server.engine.lendIpv6With(null);
            assertThat(statusOf(only(reply(MessageType.REQUEST, iaPd(7)), IaPd.class)
                            .options()))
                    .isEqualTo(Status.NO_PREFIX_AVAIL);
        }

        @Test
        void behind_a_relay_is_known_by_its_link() {
            Ipv6Address link = Ipv6Address.parse("2001:db8:7::1");
            server.source = Ipv6Address.parse("2001:db8:5::547");
            server.answer(new Message.Relayed(
                    MessageType.RELAY_FORW,
                    0,
                    link,
                    ServerKit.LINK_LOCAL,
                    Options.of(new Option.RelayMsg(server.message(MessageType.SOLICIT, iaNa(7))))));

            assertThat(ipv6.links).containsExactly(new Ipv6Link(null, link, List.of(), ServerKit.LINK_LOCAL));
        }
    }

    @Nested
    class Prolonging {

        @Test
        void renews_what_it_has_and_is_told_what_it_must_not_use() {
            reply(MessageType.REQUEST, iaNa(7));

            Message.Direct answer = reply(MessageType.RENEW, iaNaWith(7, FIRST.toString(), "2001:db8:2::9"));

            assertThat(only(answer, IaNa.class))
                    .isEqualTo(new IaNa(
                            7,
                            1000,
                            1600,
                            Options.of(
                                    new IaAddress(FIRST, 2000, 3000, Options.NONE),
                                    new IaAddress(Ipv6Address.parse("2001:db8:2::9"), 0, 0, Options.NONE))));
            assertThat(ipv6.calls).containsExactly("allocate ADDRESS", "renew ADDRESS");
        }

        @Test
        void gets_by_a_renew_what_it_did_not_have() {
            assertThat(only(reply(MessageType.RENEW, iaPd(8)), IaPd.class)
                            .options()
                            .has(IaPrefix.class))
                    .isTrue();
            assertThat(ipv6.calls).containsExactly("allocate PREFIX");
        }

        @Test
        void rebinds_what_this_server_lent() {
            reply(MessageType.REQUEST, iaNa(7));

            assertThat(only(reply(MessageType.REBIND, iaNaWith(7, FIRST.toString())), IaNa.class))
                    .isEqualTo(lent(7, 1000, 1600, FIRST));
        }

        @Test
        void that_rebinds_what_this_server_lost_gets_it_anew_where_rapid_commit_is_allowed() {
            assertThat(only(reply(MessageType.REBIND, iaNaWith(7, "2001:db8:2::1000")), IaNa.class)
                            .options()
                            .has(IaAddress.class))
                    .isTrue();
        }

        @Test
        void that_rebinds_what_this_server_lost_has_no_binding_where_it_is_not() {
            server.configure(false, 0);

            assertThat(statusOf(only(reply(MessageType.REBIND, iaNaWith(7, "2001:db8:2::1000")), IaNa.class)
                            .options()))
                    .isEqualTo(Status.NO_BINDING);
            assertThat(server.answer(server.message(MessageType.REBIND, iaNa(8))))
                    .isEmpty();
        }

        @Test
        void that_rebinds_what_is_not_of_this_link_must_drop_it() {
            Message.Direct answer = reply(MessageType.REBIND, iaNaWith(7, "2001:db8:9::1"));

            assertThat(only(answer, IaNa.class).options().all(IaAddress.class))
                    .containsExactly(new IaAddress(Ipv6Address.parse("2001:db8:9::1"), 0, 0, Options.NONE));
        }

        @Test
        void that_rebinds_where_nothing_is_lent_hears_nothing() {
            ipv6.serves = false;

            assertThat(server.answer(server.message(MessageType.REBIND, iaNaWith(7, "2001:db8:9::1"))))
                    .isEmpty();
        }
    }

    @Nested
    class Confirming {

        @Test
        void is_on_its_link() {
            assertThat(statusOf(reply(MessageType.CONFIRM, iaNaWith(7, "2001:db8:2::5", "2001:db8:2::6"))
                            .options()))
                    .isEqualTo(Status.SUCCESS);
        }

        @Test
        void is_not_on_its_link() {
            assertThat(statusOf(reply(MessageType.CONFIRM, iaNaWith(7, "2001:db8:2::5", "2001:db8:9::6"))
                            .options()))
                    .isEqualTo(Status.NOT_ON_LINK);
        }

        @Test
        void hears_nothing_where_that_cannot_be_told() {
            assertThat(server.answer(server.message(MessageType.CONFIRM, iaNa(7))))
                    .isEmpty();
            ipv6.serves = false;
            assertThat(server.answer(server.message(MessageType.CONFIRM, iaNaWith(7, "2001:db8:2::5"))))
                    .isEmpty();
        }
    }

    @Nested
    class GivingBack {

        @Test
        void releases_what_it_has() {
            reply(MessageType.REQUEST, iaNa(7), iaPd(8));

            Message.Direct answer = reply(
                    MessageType.RELEASE,
                    iaNaWith(7, FIRST.toString()),
                    iaPd(8, new IaPrefix(0, 0, DELEGATED, Options.NONE)));

            assertThat(statusOf(answer.options())).isEqualTo(Status.SUCCESS);
            assertThat(answer.options().has(IaNa.class)).isFalse();
            assertThat(answer.options().has(IaPd.class)).isFalse();
        }

        @Test
        void hears_of_what_it_does_not_have() {
            Message.Direct answer = reply(MessageType.RELEASE, iaNaWith(7, FIRST.toString()));

            assertThat(statusOf(answer.options())).isEqualTo(Status.SUCCESS);
            assertThat(statusOf(only(answer, IaNa.class).options())).isEqualTo(Status.NO_BINDING);
        }

        @Test
        void declines_an_address_but_keeps_its_ipv4_lease() {
            reply(MessageType.REQUEST, iaNa(7), request(OptionCode.S46_CONT_LW));

            Message.Direct answer = reply(MessageType.DECLINE, iaNaWith(7, FIRST.toString()));

            assertThat(answer.options().has(IaNa.class)).isFalse();
            assertThat(ipv6.calls).containsExactly("allocate ADDRESS", "decline");
            assertThat(server.leases.leaseOf(ipv4Client(7))).isPresent();
        }

        @Test
        void a_prefix_alone_leaves_the_ipv4_lease_of_the_same_number() {
            reply(MessageType.REQUEST, iaNa(7), iaPd(7), request(OptionCode.S46_CONT_LW));

            reply(MessageType.RELEASE, iaPd(7, new IaPrefix(0, 0, DELEGATED, Options.NONE)));
            assertThat(server.leases.leaseOf(ipv4Client(7))).isPresent();

            reply(MessageType.RELEASE, iaNaWith(7, FIRST.toString()));
            assertThat(server.leases.leaseOf(ipv4Client(7))).isEmpty();
        }
    }

    @Nested
    class WithIpv4 {

        @Test
        void gets_address_prefix_and_container_in_one_exchange_with_the_shortest_times() {
            server.leases.valid = Duration.ofSeconds(1800);

            Message.Direct answer =
                    reply(MessageType.SOLICIT, new RapidCommit(), iaNa(7), iaPd(8), request(OptionCode.S46_CONT_LW));

            assertThat(only(answer, IaNa.class)).isEqualTo(lent(7, 900, 1440, FIRST));
            assertThat(only(answer, IaPd.class).t1()).isEqualTo(900);
            assertThat(answer.options().has(Option.S46ContLw.class)).isTrue();
        }

        @Test
        void tunnels_from_its_new_address_where_the_pool_makes_none() {
            server.leases.hasBindPrefix = false;

            Message.Direct answer = reply(MessageType.REQUEST, iaNa(7), request(OptionCode.S46_CONT_LW));

            assertThat(tunnelSource(7)).isEqualTo(FIRST);
            assertThat(answer.options().has(Option.S46ContLw.class)).isTrue();

            reply(MessageType.RENEW, iaNaWith(7, FIRST.toString()), request(OptionCode.S46_CONT_LW));
            assertThat(tunnelSource(7)).isEqualTo(FIRST);
        }

        @Test
        void tunnels_from_what_the_pool_makes_rather_than_from_its_new_address() {
            reply(MessageType.REQUEST, iaNa(7), request(OptionCode.S46_CONT_LW));

            assertThat(FakeLeaseService.BIND_PREFIX.contains(tunnelSource(7))).isTrue();
        }

        @Test
        void that_was_renumbered_tunnels_from_the_address_it_has_now() {
            server.leases.hasBindPrefix = false;
            reply(MessageType.REQUEST, iaNa(7), request(OptionCode.S46_CONT_LW));
            reply(MessageType.DECLINE, iaNaWith(7, FIRST.toString()));

            reply(MessageType.RENEW, iaNaWith(7, FIRST.toString()), request(OptionCode.S46_CONT_LW));

            assertThat(tunnelSource(7)).isEqualTo(Ipv6Address.parse("2001:db8:2::1001"));
        }

        private @Nullable Ipv6Address tunnelSource(int iaid) {
            return server.leases.leaseOf(ipv4Client(iaid)).orElseThrow().tunnelSource();
        }
    }

    @Nested
    class BesidesLeases {

        private final Ipv6Options everything = new Ipv6Options(
                List.of(Ipv6Address.parse("2001:db8::53")),
                List.of("example.org", "lab.example.org"),
                List.of(Ipv6Address.parse("2001:db8::123")),
                List.of("ntp.example.org"),
                "aftr.example.org",
                Duration.ofHours(1),
                Duration.ofMinutes(2),
                Duration.ofMinutes(3));

        private final Option.OptionRequest wanting = request(
                OptionCode.DNS_SERVERS,
                ConfigOptions.DOMAIN_LIST,
                ConfigOptions.NTP_SERVER,
                ConfigOptions.AFTR_NAME,
                OptionCode.INFORMATION_REFRESH_TIME,
                OptionCode.SOL_MAX_RT,
                OptionCode.INF_MAX_RT);

        @Test
        void is_told_what_it_asks_for() {
            ipv6.options = everything;

            Message.Direct answer = reply(MessageType.INFORMATION_REQUEST, wanting);

            assertThat(answer.options().all(Option.DnsServers.class))
                    .containsExactly(new Option.DnsServers(List.of(Ipv6Address.parse("2001:db8::53"))));
            assertThat(answer.options().all(Option.Unknown.class))
                    .containsExactly(
                            new Option.Unknown(
                                    ConfigOptions.DOMAIN_LIST,
                                    // 7 example 3 org 0 | 3 lab 7 example 3 org 0
                                    Octets.parse("076578616d706c65036f726700" + "036c6162076578616d706c65036f726700")),
                            new Option.Unknown(
                                    ConfigOptions.NTP_SERVER,
                                    // suboption 1, 16 octets: address
                                    Octets.parse("0001001020010db8000000000000000000000123")),
                            new Option.Unknown(
                                    ConfigOptions.NTP_SERVER,
                                    // suboption 3, 17 octets: name
                                    Octets.parse("00030011036e7470076578616d706c65036f726700")),
                            new Option.Unknown(
                                    ConfigOptions.AFTR_NAME, Octets.parse("0461667472076578616d706c65036f726700")));
            assertThat(answer.options().all(Option.InformationRefreshTime.class))
                    .containsExactly(new Option.InformationRefreshTime(3600));
            assertThat(answer.options().all(Option.SolMaxRt.class)).containsExactly(new Option.SolMaxRt(120));
            assertThat(answer.options().all(Option.InfMaxRt.class)).containsExactly(new Option.InfMaxRt(180));
        }

        @Test
        void is_told_beside_its_leases_too_but_not_when_to_ask_again_without_one() {
            ipv6.options = everything;

            Message.Direct answer = reply(MessageType.REQUEST, iaNa(7), wanting);

            assertThat(answer.options().has(Option.DnsServers.class)).isTrue();
            assertThat(answer.options().has(Option.InformationRefreshTime.class))
                    .isFalse();
        }

        @Test
        void is_told_nothing_that_it_does_not_ask_for() {
            ipv6.options = everything;

            assertThat(reply(MessageType.INFORMATION_REQUEST).options().list()).hasSize(2);
        }

        @Test
        void gets_an_answer_where_nothing_is_known() {
            ipv6.serves = false;
            ipv6.options = everything;

            assertThat(reply(MessageType.INFORMATION_REQUEST, wanting).options().list())
                    .hasSize(2);
        }
    }

    private static ClientId ipv4Client(int iaid) {
        return ClientId.ofDuid(CLIENT.toBytes(), iaid);
    }
}
