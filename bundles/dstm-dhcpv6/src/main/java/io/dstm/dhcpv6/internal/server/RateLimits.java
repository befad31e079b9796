package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.time.InstantSource;
import java.util.Optional;

/**
 * How many messages are taken from one client, and from one link: a token bucket each, which holds two seconds' worth. Only so many
 * buckets are kept, more or less those used last, so strangers cannot fill the heap; who makes identities up to get a full bucket each time is
 * held by the link's. For any thread.
 */
final class RateLimits {

    /** Clients that are remembered: 1.5 MB. */
    static final int MOST_CLIENTS = 65_536;

    /** Links that are remembered, a port of a switch being one. */
    static final int MOST_LINKS = 16_384;

    /**
     * Who sends.
     *
     * @param source its IPv6 address
     * @param client its DUID; none if it does not say. An address alone would make one of all who share it, a DUID alone would let
     *     strangers use up another's bucket from afar
     */
    record Sender(Ipv6Address source, Octets client) {}

    /**
     * Where messages come in.
     *
     * @param link an address of the link, or ::
     * @param port what the relay calls its interface; none if it does not say
     * @param device the server's interface, if the client is on its link
     */
    record Door(Ipv6Address link, Octets port, String device) {}

    private final InstantSource clock;
    private final Buckets clients = new Buckets(MOST_CLIENTS);
    private final Buckets links = new Buckets(MOST_LINKS);

    RateLimits(InstantSource clock) {
        this.clock = clock;
    }

    /** Lets a message in, or says why not. A client that sends too much does not use up its link's bucket too. */
    Optional<ServerCounter> admit(OperationSettings settings, Sender sender, Door door) {
        long now = clock.millis();
        if (settings.clientRate() > 0) {
            Ipv6Address source = sender.source();
            if (!clients.take(sender.client().fingerprint(), source, 0, settings.clientRate(), now)) {
                return Optional.of(ServerCounter.DROP_RATE_CLIENT);
            }
        }
        if (settings.linkRate() > 0) {
            int device = door.device().hashCode();
            if (!links.take(door.port().fingerprint(), door.link(), device, settings.linkRate(), now)) {
                return Optional.of(ServerCounter.DROP_RATE_LINK);
            }
        }
        return Optional.empty();
    }

    /** How many buckets there are. */
    int size() {
        return clients.size() + links.size();
    }
}
