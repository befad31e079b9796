package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What the exchanges of DHCPv4 over DHCPv6 share: whether and whom they may ask, and from where the node tunnels. */
final class Dhcp4Core {

    private final ClientCore core;
    private final LocalAddresses addresses;
    private @Nullable Servers servers;

    Dhcp4Core(ClientCore core, LocalAddresses addresses) {
        this.core = core;
        this.addresses = addresses;
    }

    /**
     * What a DHCPv6 server said.
     *
     * @param addresses whom to ask; empty for all by multicast
     * @param link where it said so
     * @param until how long that holds
     */
    private record Servers(List<Ipv6Address> addresses, Link link, Instant until) {}

    ClientCore core() {
        return core;
    }

    /** Notes that this link has servers. */
    void serversAre(List<Ipv6Address> known, Link link, Duration time) {
        servers = new Servers(List.copyOf(known), link, core.timers().now().plus(time));
    }

    /** Notes that DHCPv4 over DHCPv6 may not be used here. */
    void noServers() {
        servers = null;
    }

    /** Whom to ask, best known; empty for all by multicast. */
    List<Ipv6Address> servers() {
        Servers known = servers;
        return known == null ? List.of() : known.addresses();
    }

    /**
     * {@code question}, or before it whether it may be asked at all: "the client MUST NOT use DHCPv4 over DHCPv6 [...] if the
     * DHCPv6 server does not include the DHCP 4o6 Server Address option" (RFC 7341 section 9).
     */
    Exchange allowed(Conversation conversation, Supplier<Exchange> question) {
        Servers known = servers;
        boolean fresh = known != null
                && core.timers().now().isBefore(known.until())
                && core.readiness() instanceof ClientCore.Readiness.Yes yes
                && yes.ready().link().equals(known.link());
        return fresh ? question.get() : new InformationExchange(this, conversation, question);
    }

    /** From where the node tunnels: what the operator says, else {@code before}, else what the server likes, else its best. */
    Ipv6Address tunnelSource(Ready now, @Nullable Ipv6Address before, Optional<Ipv6Prefix> liked) {
        Ipv6Address best = now.link().source();
        if (now.settings().tunnelSource() != null) {
            return best;
        }
        if (before != null && addresses.in(new Ipv6Prefix(before, 128)).isPresent()) {
            return before;
        }
        return liked.map(prefix ->
                        prefix.contains(best) ? best : addresses.in(prefix).orElse(best))
                .orElse(best);
    }
}
