package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.AllocationRequest;
import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RelayAssertionsTest {

    private static final Ipv6Address ROUTER = Ipv6Address.parse("2001:db8:7::1");

    private final ServerKit server = new ServerKit();

    private static Option option(OptionCode code, String hex) {
        return new Option.Unknown(code, Octets.parse(hex));
    }

    private static Octets text(String text) {
        return Octets.of(text.getBytes(StandardCharsets.US_ASCII));
    }

    private Message.Direct solicit(long lifetime) {
        Ipv6Address address = Ipv6Address.mapped(Ipv4Address.parse("192.0.2.7"));
        return server.message(
                MessageType.SOLICIT,
                new Option.IaDstm(
                        1, 0, 0, Options.of(new Option.IaAddress(address, lifetime, lifetime, Options.of()))));
    }

    @Test
    void what_relays_say_reaches_the_lease_service_from_the_server_outwards() {
        Message fromSwitch = new Message.Relayed(
                MessageType.RELAY_FORW,
                0,
                Ipv6Address.UNSPECIFIED,
                ServerKit.LINK_LOCAL,
                Options.of(
                        new Option.InterfaceId(text("ge-0/0/1")),
                        option(OptionCode.REMOTE_ID, "000000096370652d37"),
                        option(OptionCode.SUBSCRIBER_ID, "676f6c6400"),
                        new Option.RelayMsg(solicit(0))));
        Message fromRouter = new Message.Relayed(
                MessageType.RELAY_FORW, 1, ROUTER, ServerKit.LINK_LOCAL, Options.of(new Option.RelayMsg(fromSwitch)));
        server.source = ROUTER;

        server.answer(fromRouter).orElseThrow();

        assertThat(server.leases.requests.get(0).relays())
                .containsExactly(
                        new RelayInfo(ROUTER, null, null, null),
                        new RelayInfo(null, "ge-0/0/1", "9:cpe-7", "0x676f6c6400"));
    }

    @Test
    void a_remote_id_without_an_enterprise_number_says_nothing() {
        Message.Relayed relay = new Message.Relayed(
                MessageType.RELAY_FORW,
                0,
                ROUTER,
                ServerKit.LINK_LOCAL,
                Options.of(option(OptionCode.REMOTE_ID, "000009")));
        assertThat(RelayAssertions.of(relay)).isEqualTo(new RelayInfo(ROUTER, null, null, null));
    }

    @Test
    void the_lifetimes_of_an_ia_address_are_ignored() {
        server.answer(solicit(7200)).orElseThrow();
        server.answer(solicit(0)).orElseThrow();
        assertThat(server.leases.requests)
                .extracting(AllocationRequest::lifetime)
                .containsExactly(null, null);
    }
}
