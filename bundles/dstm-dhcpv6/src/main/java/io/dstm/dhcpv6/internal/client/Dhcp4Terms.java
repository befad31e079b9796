package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Dhcp4Message;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.LeaseTime;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.PortParams;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.RebindingTime;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.RenewalTime;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.ServerId;
import io.dstm.dhcpv6.internal.codec.Dhcp4Option.SoftwireSource;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a DHCPOFFER or DHCPACK lends.
 *
 * @param key the address and ports
 * @param server who lends
 * @param tunnelAddress the TEP's end of the tunnel, if it is said
 * @param tunnelSource where the server thinks the client's end is (RFC 8539 section 7.1)
 * @param renewAfter T1
 * @param rebindAfter T2
 * @param valid how long it lasts
 */
record Dhcp4Terms(
        LeaseKey key,
        Ipv4Address server,
        Optional<Ipv6Address> tunnelAddress,
        Optional<Ipv6Address> tunnelSource,
        Duration renewAfter,
        Duration rebindAfter,
        Duration valid) {

    /** Reads them; empty if something that must be there is not, or is of no use. */
    static Optional<Dhcp4Terms> read(Message.Direct carrier, Dhcp4Message message) {
        Optional<Ipv4Address> server = message.first(ServerId.class).map(ServerId::address);
        long valid = message.first(LeaseTime.class).map(LeaseTime::seconds).orElse(0L);
        if (server.isEmpty() || valid == 0 || !LeaseReader.isUsable(message.yiaddr())) {
            return Optional.empty();
        }
        PortSet ports = message.first(PortParams.class).map(PortParams::ports).orElse(PortSet.FULL);
        // "PSID-len 0: the PSID field is to be ignored": the whole address, whatever the offset.
        LeaseKey key = new LeaseKey(message.yiaddr(), ports.psidLength() == 0 ? PortSet.FULL : ports);
        // RFC 2131 section 4.4.5: the times a client chooses where it is told none, or none that are in order.
        long t1 = message.first(RenewalTime.class).map(RenewalTime::seconds).orElse(valid / 2);
        long t2 = message.first(RebindingTime.class).map(RebindingTime::seconds).orElse(Math.max(t1, valid / 8 * 7));
        boolean inOrder = t1 <= t2 && t2 <= valid;
        Optional<Ipv6Address> tunnelAddress = carrier.options()
                .all(Option.S46Br.class)
                .map(Option.S46Br::address)
                .filter(Ipv6Address::isRoutableUnicast)
                .findFirst();
        return Optional.of(new Dhcp4Terms(
                key,
                server.get(),
                tunnelAddress,
                message.first(SoftwireSource.class).map(SoftwireSource::address),
                Duration.ofSeconds(inOrder ? t1 : valid / 2),
                Duration.ofSeconds(inOrder ? t2 : valid / 8 * 7),
                Duration.ofSeconds(valid)));
    }

    /** Why a server says no, for the log. */
    static String reason(Dhcp4Message nak) {
        String text = nak.first(Dhcp4Option.Reason.class)
                .map(Dhcp4Option.Reason::text)
                .map(LeaseReader::clean)
                .orElse("");
        return text.isEmpty() ? "DHCPNAK" : "DHCPNAK: " + text;
    }

    /**
     * The lease.
     *
     * @param source the client's end of the tunnel
     * @param tep the TEP's end
     * @param asked when it was asked for: from then on it lasts (RFC 2131 section 4.4.1)
     */
    ClientLease lease(Ipv6Address source, Ipv6Address tep, Instant asked) {
        return new ClientLease(key, source, tep, asked, renewAfter, rebindAfter, valid);
    }
}
