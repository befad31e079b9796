package io.dstm.dhcpv6.internal.server;

import static io.dstm.dhcpv6.internal.server.ServerKit.LINK_LOCAL;
import static io.dstm.dhcpv6.internal.server.ServerKit.address;
import static io.dstm.dhcpv6.internal.server.ServerKit.ia;
import static io.dstm.dhcpv6.internal.server.ServerKit.iaNa;
import static io.dstm.dhcpv6.internal.server.ServerKit.leased;
import static io.dstm.dhcpv6.internal.server.ServerKit.ports;
import static io.dstm.dhcpv6.internal.server.ServerKit.request;
import static io.dstm.dhcpv6.internal.server.ServerKit.tep;
import static io.dstm.dhcpv6.internal.server.ServerKit.toThisServer;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.LeaseDecision.Reason;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Lw4o6;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.Option.IaPd;
import io.dstm.dhcpv6.internal.codec.Option.IaTa;
import io.dstm.dhcpv6.internal.codec.Option.RapidCommit;
import io.dstm.dhcpv6.internal.codec.Option.S46ContLw;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import io.dstm.dhcpv6.internal.testing.FakeLeaseService;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ServerProtocolTest {

    private static final ClientId CLIENT = ClientId.ofDuid(ServerKit.CLIENT.toBytes(), 1);

    private final ServerKit server = new ServerKit();

    private static Status statusOf(Message.Direct answer) {
        return answer.options().first(IaDstm.class).orElseThrow().options().status();
    }

    /** Lends to the usual client under {@code iaid}. */
    private void lend(int iaid) {
        server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(iaid)));
        server.leases.calls.clear();
        server.leases.requests.clear();
    }

    @Nested
    class Solicit {

        @Test
        void is_answered_with_an_offer() {
            Message.Direct answer = server.answered(MessageType.ADVERTISE, server.message(MessageType.SOLICIT, ia(1)));

            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(leased(1, 1800, 2880, address("192.0.2.1", 3600), tep()));
            assertThat(server.leases.calls).containsExactly("offer");
            assertThat(server.leases.leases).isEmpty();
            assertThat(answer.options().has(Option.Preference.class)).isFalse();
            assertThat(answer.options().has(RapidCommit.class)).isFalse();
        }

        @Test
        void tells_the_configured_preference() {
            server.configure(true, 255);

            Message.Direct answer = server.answered(MessageType.ADVERTISE, server.message(MessageType.SOLICIT, ia(1)));

            assertThat(answer.options().first(Option.Preference.class)).contains(new Option.Preference(255));
        }

        @Test
        void with_rapid_commit_is_answered_with_a_lease() {
            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.SOLICIT, new RapidCommit(), ia(1)));

            assertThat(answer.options().has(RapidCommit.class)).isTrue();
            assertThat(answer.options().has(IaDstm.class)).isTrue();
            assertThat(server.leases.leases).containsKey(CLIENT);
        }

        @Test
        void with_rapid_commit_gets_an_offer_where_that_is_switched_off() {
            server.configure(false, 0);

            server.answered(MessageType.ADVERTISE, server.message(MessageType.SOLICIT, new RapidCommit(), ia(1)));

            assertThat(server.leases.calls).containsExactly("offer");
        }

        @Test
        void with_rapid_commit_is_told_of_an_exhausted_pool_in_an_advertise() {
            server.leases.refusal = Reason.POOL_EXHAUSTED;

            Message.Direct answer = server.answered(
                    MessageType.ADVERTISE, server.message(MessageType.SOLICIT, new RapidCommit(), ia(1)));

            assertThat(statusOf(answer)).isEqualTo(Status.NO_ADDRS_AVAIL);
            assertThat(answer.options().has(RapidCommit.class)).isFalse();
        }

        @Test
        void shows_the_lease_service_who_asks_from_where_for_what() {
            server.answered(
                    MessageType.ADVERTISE,
                    server.message(MessageType.SOLICIT, ia(1, address("192.0.2.77", 0), ports(0, 65535))));

            assertThat(server.leases.requests)
                    .containsExactly(new AllocationRequest(
                            CLIENT,
                            ServerKit.NODE,
                            new LeaseKey(Ipv4Address.parse("192.0.2.77"), PortSet.FULL),
                            true,
                            ServerKit.LINK,
                            "dhcpv6"));
        }

        @Test
        void from_a_link_local_address_names_no_tunnel_source() {
            server.source = LINK_LOCAL;

            server.answered(MessageType.ADVERTISE, server.message(MessageType.SOLICIT, ia(1)));

            assertThat(server.leases.requests.get(0).tunnelSource()).isNull();
            assertThat(server.leases.requests.get(0).wish()).isNull();
            assertThat(server.leases.requests.get(0).canRestrictPorts()).isFalse();
        }

        @Test
        void shows_by_its_option_request_too_that_it_can_live_with_ports() {
            server.answered(
                    MessageType.ADVERTISE, server.message(MessageType.SOLICIT, request(new OptionCode(65283)), ia(1)));

            assertThat(server.leases.requests.get(0).canRestrictPorts()).isTrue();
        }

        @Test
        void for_addresses_and_prefixes_is_told_that_there_are_none() {
            Message.Direct answer = server.answered(
                    MessageType.ADVERTISE,
                    server.message(
                            MessageType.SOLICIT,
                            new RapidCommit(),
                            iaNa(7),
                            new IaTa(8, Options.NONE),
                            new IaPd(9, 0, 0, Options.NONE)));

            assertThat(answer.options()
                            .first(IaNa.class)
                            .orElseThrow()
                            .options()
                            .status())
                    .isEqualTo(Status.NO_ADDRS_AVAIL);
            assertThat(answer.options()
                            .first(IaTa.class)
                            .orElseThrow()
                            .options()
                            .status())
                    .isEqualTo(Status.NO_ADDRS_AVAIL);
            assertThat(answer.options()
                            .first(IaPd.class)
                            .orElseThrow()
                            .options()
                            .status())
                    .isEqualTo(Status.NO_PREFIX_AVAIL);
            assertThat(answer.options().first(IaNa.class).orElseThrow().iaid()).isEqualTo(7);
            assertThat(server.leases.calls).isEmpty();
        }

        @Test
        void for_nothing_is_not_answered() {
            assertThat(server.answer(server.message(MessageType.SOLICIT))).isEmpty();
            assertThat(server.counters()).containsOnlyKeys("drop-not-ours");
        }

        @Test
        void for_more_leases_than_a_node_needs_gets_four() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.SOLICIT, new RapidCommit(), ia(1), ia(2), ia(3), ia(4), ia(5), ia(6)));

            List<IaDstm> associations = answer.options().all(IaDstm.class).toList();
            assertThat(associations).extracting(IaDstm::iaid).containsExactly(1, 2, 3, 4, 5, 6);
            assertThat(associations)
                    .extracting(ia -> ia.options().status())
                    .containsExactly(
                            Status.SUCCESS,
                            Status.SUCCESS,
                            Status.SUCCESS,
                            Status.SUCCESS,
                            Status.NO_ADDRS_AVAIL,
                            Status.NO_ADDRS_AVAIL);
            assertThat(server.leases.leases).hasSize(4);
        }
    }

    @Nested
    class Request {

        @Test
        void is_answered_with_a_lease() {
            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1)));

            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(leased(1, 1800, 2880, address("192.0.2.1", 3600), tep()));
            assertThat(server.leases.calls).containsExactly("allocate");
        }

        @Test
        void again_gets_the_same_lease_with_fresh_times() {
            lend(1);
            server.time.pass(Duration.ofMinutes(20));

            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1)));

            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(leased(1, 1800, 2880, address("192.0.2.1", 3600), tep()));
        }

        @Test
        void for_two_leases_gets_the_same_times_in_both() {
            lend(1);
            server.leases.valid = Duration.ofMinutes(10);
            Message.Direct answer = server.answered(
                    MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1), ia(2)));

            assertThat(answer.options().all(IaDstm.class))
                    .extracting(IaDstm::t1)
                    .containsExactly(300L, 300L);
            assertThat(answer.options().all(IaDstm.class))
                    .extracting(IaDstm::t2)
                    .containsExactly(480L, 480L);
        }

        @Test
        void gets_a_port_set_as_one_range() {
            server.leases.psidLength = 6;

            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1)));

            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(leased(1, 1800, 2880, address("192.0.2.1", 3600), tep(), ports(5120, 6143)));
        }

        @Test
        void gets_a_port_set_with_an_offset_as_many_ranges() {
            server.leases.psidLength = 8;
            server.leases.psidOffset = 2;

            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1)));

            assertThat(answer.options()
                            .first(IaDstm.class)
                            .orElseThrow()
                            .options()
                            .all(Option.DstmPorts.class))
                    .containsExactly(ports(16704, 16767), ports(33088, 33151), ports(49472, 49535));
        }

        @Test
        void is_refused_where_its_options_cannot_say_the_ports() {
            server.leases.psidLength = 4;
            server.leases.psidOffset = 7;

            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1)));

            assertThat(statusOf(answer)).isEqualTo(Status.NO_ADDRS_AVAIL);
            assertThat(server.leases.leases).isEmpty();
        }

        @ParameterizedTest
        @EnumSource(Reason.class)
        void is_told_why_it_is_refused(Reason reason) {
            server.leases.refusal = reason;

            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1)));

            Status expected =
                    switch (reason) {
                        case POOL_EXHAUSTED,
                                LIMIT_REACHED,
                                NO_POOL,
                                NO_TUNNEL_SOURCE,
                                TUNNEL_SOURCE_TAKEN,
                                NOT_RENEWABLE -> Status.NO_ADDRS_AVAIL;
                        case NO_LEASE -> Status.NO_BINDING;
                        case TEP_UNAVAILABLE, STORE_UNAVAILABLE, BUSY -> Status.UNSPEC_FAIL;
                    };
            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(new IaDstm(1, 0, 0, ServerKit.status(expected, "refused on purpose")));
        }

        @Test
        void to_a_lease_service_that_fails_is_told_to_come_again() {
            server.leases.broken = true;

            Message.Direct answer =
                    server.answered(MessageType.REPLY, server.message(MessageType.REQUEST, toThisServer(), ia(1)));

            assertThat(statusOf(answer)).isEqualTo(Status.UNSPEC_FAIL);
        }
    }

    @Nested
    class Renew {

        @Test
        void gets_fresh_times() {
            lend(1);

            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RENEW, toThisServer(), ia(1, address("192.0.2.1", 0))));

            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(leased(1, 1800, 2880, address("192.0.2.1", 3600), tep()));
            assertThat(server.leases.calls).containsExactly("renew");
        }

        @Test
        void names_its_lease_by_ports_or_without_them() {
            server.leases.psidLength = 6;
            lend(1);
            LeaseKey held = server.leases.leases.get(CLIENT).key();

            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RENEW, toThisServer(), ia(1, address("192.0.2.1", 0))));
            server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.RENEW, toThisServer(), ia(1, address("192.0.2.1", 0), ports(5120, 6143))));
            Message.Direct wrong = server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.RENEW, toThisServer(), ia(1, address("192.0.2.1", 0), ports(6144, 7167))));

            assertThat(server.leases.requests)
                    .extracting(AllocationRequest::wish)
                    .containsExactly(
                            held, held, new LeaseKey(Ipv4Address.parse("192.0.2.1"), PortSet.ofRange(6144, 7167)));
            assertThat(statusOf(wrong)).isEqualTo(Status.NO_BINDING);
        }

        @Test
        void of_an_unknown_lease_is_told_so() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RENEW, toThisServer(), ia(1, address("192.0.2.1", 0)), iaNa(3)));

            assertThat(statusOf(answer)).isEqualTo(Status.NO_BINDING);
            assertThat(answer.options()
                            .first(IaNa.class)
                            .orElseThrow()
                            .options()
                            .status())
                    .isEqualTo(Status.NO_BINDING);
        }

        /** RFC 8415 section 14.2: T1 = T2 = valid lifetime asks the client not to renew. */
        @Test
        void that_policy_refuses_shows_what_is_left() {
            lend(1);
            server.leases.renewable = false;
            server.time.pass(Duration.ofMinutes(30));
            long left = Duration.between(
                            server.time.instant(),
                            server.leases.leases.get(CLIENT).until())
                    .toSeconds();

            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RENEW, toThisServer(), ia(1, address("192.0.2.1", 0))));

            IaDstm ia = answer.options().first(IaDstm.class).orElseThrow();
            Option.IaAddress shown = ia.options().first(Option.IaAddress.class).orElseThrow();
            assertThat(shown.valid()).isBetween(left - 1, left);
            assertThat(ia.t1()).isEqualTo(shown.valid());
            assertThat(ia.t2()).isEqualTo(shown.valid());
            assertThat(shown.preferred()).isEqualTo(shown.valid());
        }

        @Test
        void from_another_address_moves_the_tunnel() {
            lend(1);
            server.source = io.dstm.api.net.Ipv6Address.parse("2001:db8:3::99");

            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RENEW, toThisServer(), ia(1, address("192.0.2.1", 0))));

            assertThat(server.leases.leases.get(CLIENT).tunnelSource()).isEqualTo(server.source);
        }
    }

    @Nested
    class Rebind {

        @Test
        void gets_fresh_times() {
            lend(1);

            Message.Direct answer = server.answered(
                    MessageType.REPLY, server.message(MessageType.REBIND, ia(1, address("192.0.2.1", 0))));

            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(leased(1, 1800, 2880, address("192.0.2.1", 3600), tep()));
        }

        @Test
        void of_a_lost_lease_of_our_pool_makes_it_anew() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY, server.message(MessageType.REBIND, ia(1, address("192.0.2.9", 0))));

            assertThat(statusOf(answer)).isEqualTo(Status.SUCCESS);
            assertThat(server.leases.calls).containsExactly("renew", "allocate");
            assertThat(server.leases.requests.get(1).wish())
                    .isEqualTo(new LeaseKey(Ipv4Address.parse("192.0.2.9"), PortSet.FULL));
        }

        @Test
        void of_a_lost_lease_is_told_so_where_rapid_commit_is_off() {
            server.configure(false, 0);

            Message.Direct answer = server.answered(
                    MessageType.REPLY, server.message(MessageType.REBIND, ia(1, address("192.0.2.9", 0))));

            assertThat(statusOf(answer)).isEqualTo(Status.NO_BINDING);
        }

        @Test
        void of_another_servers_lease_is_left_to_that_server() {
            assertThat(server.answer(server.message(MessageType.REBIND, ia(1, address("198.51.100.1", 0)))))
                    .isEmpty();
            assertThat(server.answer(server.message(MessageType.REBIND, ia(1)))).isEmpty();
            assertThat(server.answer(server.message(MessageType.REBIND, iaNa(1))))
                    .isEmpty();
            assertThat(server.answer(server.message(MessageType.REBIND, request(OptionCode.S46_CONT_LW), iaNa(1))))
                    .isEmpty();
            assertThat(server.counters()).containsOnlyKeys("drop-not-ours");
        }

        @Test
        void says_nothing_of_other_associations() {
            lend(1);

            Message.Direct answer = server.answered(
                    MessageType.REPLY, server.message(MessageType.REBIND, ia(1, address("192.0.2.1", 0)), iaNa(5)));

            assertThat(answer.options().has(IaNa.class)).isFalse();
        }
    }

    @Nested
    class Confirm {

        @Test
        void of_addresses_of_our_pools() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY, server.message(MessageType.CONFIRM, ia(1, address("192.0.2.1", 0))));

            assertThat(answer.options().status()).isEqualTo(Status.SUCCESS);
            assertThat(answer.options().has(Option.StatusCode.class)).isTrue();
        }

        @Test
        void of_an_address_of_no_pool() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.CONFIRM,
                            ia(1, address("192.0.2.1", 0)),
                            ia(2, address("198.51.100.1", 0)),
                            iaNa(3)));

            assertThat(answer.options().status()).isEqualTo(Status.NOT_ON_LINK);
        }

        @Test
        void that_cannot_be_judged_is_not_answered() {
            assertThat(server.answer(server.message(MessageType.CONFIRM, ia(1))))
                    .isEmpty();
            assertThat(server.answer(server.message(MessageType.CONFIRM, iaNa(1))))
                    .isEmpty();
            assertThat(server.answer(server.message(MessageType.CONFIRM, ia(1, address("192.0.2.1", 0)), iaNa(2))))
                    .isEmpty();
            server.leases.hasPool = false;
            assertThat(server.answer(server.message(MessageType.CONFIRM, ia(1, address("192.0.2.1", 0)))))
                    .isEmpty();
            assertThat(server.counters()).containsExactly(java.util.Map.entry("drop-not-ours", 4L));
        }
    }

    @Nested
    class ReleaseAndDecline {

        @Test
        void release_takes_the_lease_back() {
            lend(1);

            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RELEASE, toThisServer(), ia(1, address("192.0.2.1", 0))));

            assertThat(answer.options()
                            .first(Option.StatusCode.class)
                            .orElseThrow()
                            .status())
                    .isEqualTo(Status.SUCCESS);
            assertThat(answer.options().has(IaDstm.class)).isFalse();
            assertThat(server.leases.leases).isEmpty();
            assertThat(server.leases.calls).containsExactly("release");
        }

        @Test
        void decline_takes_the_lease_back_as_declined() {
            lend(1);

            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.DECLINE, toThisServer(), ia(1, address("192.0.2.1", 0))));

            assertThat(server.leases.calls).containsExactly("decline");
        }

        @Test
        void of_what_is_unknown_is_told_so_and_answered_all_the_same() {
            lend(1);

            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.RELEASE,
                            toThisServer(),
                            ia(1, address("192.0.2.1", 0)),
                            ia(2, address("192.0.2.2", 0)),
                            ia(3),
                            iaNa(4)));

            assertThat(answer.options().status()).isEqualTo(Status.SUCCESS);
            assertThat(answer.options().all(IaDstm.class))
                    .extracting(IaDstm::iaid)
                    .containsExactly(2, 3);
            assertThat(answer.options().all(IaDstm.class))
                    .allMatch(ia -> ia.options().status().equals(Status.NO_BINDING));
            assertThat(answer.options()
                            .first(IaNa.class)
                            .orElseThrow()
                            .options()
                            .status())
                    .isEqualTo(Status.NO_BINDING);
        }

        @Test
        void of_anothers_address_leaves_that_alone() {
            lend(1);

            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RELEASE, toThisServer(), ia(1, address("192.0.2.200", 0))));

            assertThat(server.leases.leases).containsKey(CLIENT);
        }

        @Test
        void of_the_association_a_container_was_counted_under() {
            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.REQUEST, toThisServer(), request(OptionCode.S46_CONT_LW), iaNa(1)));
            assertThat(server.leases.leases).containsKey(CLIENT);

            server.answered(MessageType.REPLY, server.message(MessageType.RELEASE, toThisServer(), iaNa(1)));

            assertThat(server.leases.leases).isEmpty();
        }
    }

    @Nested
    class InformationRequest {

        @Test
        void is_answered_with_what_was_asked_for() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY, server.message(MessageType.INFORMATION_REQUEST, request(OptionCode.S46_BR)));

            assertThat(answer.options().all(Option.S46Br.class))
                    .containsExactly(new Option.S46Br(FakeLeaseService.TEP));
        }

        @Test
        void is_answered_without_what_was_not_asked_for() {
            Message.Direct answer = server.answered(MessageType.REPLY, server.message(MessageType.INFORMATION_REQUEST));

            assertThat(answer.options().list()).hasSize(2);
        }

        @Test
        void of_nobody_in_particular() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY, new Message.Direct(MessageType.INFORMATION_REQUEST, 5, Options.NONE));

            assertThat(answer.options().has(Option.ClientId.class)).isFalse();
        }

        @Test
        void lends_nothing() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.INFORMATION_REQUEST, request(OptionCode.S46_CONT_LW)));

            assertThat(answer.options().has(S46ContLw.class)).isFalse();
            assertThat(server.leases.calls).isEmpty();
        }
    }

    @Nested
    class Lw4o6Client {

        private Lw4o6.Softwire softwire(Message.Direct answer) {
            return Lw4o6.read(answer.options().first(S46ContLw.class).orElseThrow())
                    .orElseThrow();
        }

        @Test
        void gets_its_lease_in_the_container_under_the_number_of_its_ia() {
            server.source = LINK_LOCAL;
            server.leases.psidLength = 6;

            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.SOLICIT,
                            new RapidCommit(),
                            request(OptionCode.S46_CONT_LW, OptionCode.S46_PRIORITY),
                            new IaPd(7, 0, 0, Options.NONE),
                            iaNa(1)));

            assertThat(softwire(answer))
                    .isEqualTo(new Lw4o6.Softwire(
                            new LeaseKey(Ipv4Address.parse("192.0.2.1"), new PortSet(0, 6, 5)),
                            FakeLeaseService.BIND_PREFIX,
                            List.of(FakeLeaseService.TEP)));
            assertThat(answer.options().first(Option.S46Priority.class))
                    .contains(new Option.S46Priority(List.of(OptionCode.S46_CONT_LW)));
            assertThat(server.leases.leases).containsOnlyKeys(CLIENT);
            assertThat(server.leases.requests.get(0).canRestrictPorts()).isTrue();
            assertThat(answer.options()
                            .first(IaNa.class)
                            .orElseThrow()
                            .options()
                            .status())
                    .isEqualTo(Status.NO_ADDRS_AVAIL);
        }

        @Test
        void is_known_by_the_number_of_its_ia_pd_or_by_none() {
            server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.REQUEST,
                            toThisServer(),
                            request(OptionCode.S46_CONT_LW),
                            new IaPd(7, 0, 0, Options.NONE)));
            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.REQUEST, toThisServer(), request(OptionCode.S46_CONT_LW)));

            assertThat(server.leases.leases.keySet())
                    .extracting(ClientId::association)
                    .containsExactly(7, 0);
        }

        @Test
        void that_asks_both_ways_has_one_lease() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(
                            MessageType.SOLICIT,
                            new RapidCommit(),
                            request(OptionCode.S46_CONT_LW),
                            ia(1, ports(0, 65535))));

            assertThat(server.leases.calls).containsExactly("allocate");
            assertThat(answer.options().all(IaDstm.class))
                    .containsExactly(leased(1, 1800, 2880, address("192.0.2.1", 3600), tep()));
            assertThat(softwire(answer).key()).hasToString("192.0.2.1");
            assertThat(softwire(answer).prefix()).hasToString("2001:db8:2::10/128");
        }

        @Test
        void that_is_refused_gets_no_container() {
            server.leases.refusal = Reason.POOL_EXHAUSTED;

            Message.Direct answer = server.answered(
                    MessageType.ADVERTISE,
                    server.message(MessageType.SOLICIT, request(OptionCode.S46_CONT_LW), iaNa(1)));

            assertThat(answer.options().has(S46ContLw.class)).isFalse();
        }

        @Test
        void renews_and_rebinds_what_it_has() {
            server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.REQUEST, toThisServer(), request(OptionCode.S46_CONT_LW), iaNa(1)));

            Message.Direct renewed = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RENEW, toThisServer(), request(OptionCode.S46_CONT_LW), iaNa(1)));
            Message.Direct rebound = server.answered(
                    MessageType.REPLY, server.message(MessageType.REBIND, request(OptionCode.S46_CONT_LW), iaNa(1)));

            assertThat(softwire(renewed).key()).hasToString("192.0.2.1");
            assertThat(softwire(rebound).key()).hasToString("192.0.2.1");
            assertThat(server.leases.calls).containsExactly("allocate", "renew", "renew");
        }

        @Test
        void that_renews_what_it_never_had_gets_it() {
            Message.Direct answer = server.answered(
                    MessageType.REPLY,
                    server.message(MessageType.RENEW, toThisServer(), request(OptionCode.S46_CONT_LW), iaNa(1)));

            assertThat(softwire(answer).key()).hasToString("192.0.2.1");
            assertThat(server.leases.calls).containsExactly("allocate");
        }
    }
}
