package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.lease.RelayInfo;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.InterfaceId;
import io.dstm.dhcpv6.internal.codec.Option.RelayMsg;
import io.dstm.dhcpv6.internal.codec.Option.RelayPort;
import io.dstm.dhcpv6.internal.codec.Options;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The relays a message came through, the one next to the server first; none if it came directly.
 *
 * @param relays their Relay-forward messages
 */
record RelayPath(List<Message.Relayed> relays) {

    private static final RelayPath NO_RELAYS = new RelayPath(List.of());

    /** RFC 8415 section 7.2. */
    static final int CLIENT_PORT = 546;

    /** RFC 8415 section 7.2. */
    static final int SERVER_PORT = 547;

    /** RFC 8415 section 7.6: a relay discards what has passed as many before it. */
    static final int HOP_COUNT_LIMIT = 8;

    /** What is inside all Relay-forwards, or why it is discarded. */
    record Unwrapped(
            RelayPath path,
            Message.@Nullable Direct message,
            @Nullable ServerCounter discarded) {}

    static Unwrapped unwrap(Message message) {
        if (message instanceof Message.Direct direct) {
            return new Unwrapped(NO_RELAYS, direct, null);
        }
        List<Message.Relayed> relays = new ArrayList<>(2);
        Message inner = message;
        while (inner instanceof Message.Relayed relayed) {
            if (!relayed.type().equals(MessageType.RELAY_FORW)) {
                return new Unwrapped(new RelayPath(relays), null, ServerCounter.DROP_MESSAGE_TYPE);
            }
            if (relayed.hopCount() > HOP_COUNT_LIMIT) {
                return new Unwrapped(new RelayPath(relays), null, ServerCounter.DROP_HOP_COUNT);
            }
            relays.add(relayed);
            Optional<RelayMsg> carried = relayed.options().first(RelayMsg.class);
            if (carried.isEmpty()) {
                return new Unwrapped(new RelayPath(relays), null, ServerCounter.DROP_RELAY_EMPTY);
            }
            inner = carried.get().message();
        }
        return new Unwrapped(new RelayPath(relays), (Message.Direct) inner, null);
    }

    /** Where the client's message came from, if the datagram came from {@code source} on {@code link}. */
    Origin origin(Ipv6Address source, @Nullable Ipv6Address link) {
        if (relays.isEmpty()) {
            return new Origin(source, link);
        }
        Ipv6Address clientLink = null;
        // The relay next to the client knows its link, unless it is a switch that has no address there (RFC 6221
        // section 5.2).
        for (Message.Relayed relay : relays) {
            if (relay.link().isRoutableUnicast()) {
                clientLink = relay.link();
            }
        }
        return new Origin(relays.get(relays.size() - 1).peer(), clientLink);
    }

    /** The same with all that is known of the link the datagram came from. */
    Origin origin(Arrival arrival) {
        Origin origin = origin(arrival.source(), arrival.link());
        if (relays.isEmpty()) {
            return new Origin(origin.client(), origin.link(), arrival.ipv6());
        }
        // A relay that names no link is a switch on the link that the server is on too (RFC 6221 section 5.2).
        Ipv6Link here = arrival.ipv6();
        Ipv6Link ipv6 = origin.link() == null
                ? new Ipv6Link(here.device(), here.address(), here.prefixes(), origin.client())
                : origin.ipv6();
        List<RelayInfo> assertions = new ArrayList<>(relays.size());
        for (Message.Relayed relay : relays) {
            assertions.add(RelayAssertions.of(relay));
        }
        return new Origin(origin.client(), origin.link(), ipv6, assertions);
    }

    /** {@code answer} in the Relay-replies that bring it back the same way (RFC 8415 section 19.3). */
    Message wrap(Message.Direct answer) {
        Message wrapped = answer;
        for (int i = relays.size() - 1; i >= 0; i--) {
            Message.Relayed forward = relays.get(i);
            List<Option> options = new ArrayList<>(3);
            forward.options().first(InterfaceId.class).ifPresent(options::add);
            // "the server MUST include the Relay Source Port Option in the Relay-reply" (RFC 8357 section 5.1).
            forward.options().first(RelayPort.class).ifPresent(options::add);
            options.add(new RelayMsg(wrapped));
            wrapped = new Message.Relayed(
                    MessageType.RELAY_REPL, forward.hopCount(), forward.link(), forward.peer(), new Options(options));
        }
        return wrapped;
    }

    /** Where the client's message came into the network: the link, and the port of the relay next to it if that tells. */
    RateLimits.Door door(Arrival arrival) {
        if (relays.isEmpty()) {
            return new RateLimits.Door(
                    arrival.link() == null ? Ipv6Address.UNSPECIFIED : arrival.link(), Octets.NONE, arrival.device());
        }
        Message.Relayed next = relays.get(relays.size() - 1);
        return new RateLimits.Door(
                next.link(),
                next.options().first(InterfaceId.class).map(InterfaceId::id).orElse(Octets.NONE),
                "");
    }

    /** The same without what no Relay-reply repeats. */
    RelayPath trimmed() {
        return new RelayPath(relays.stream()
                .map(relay -> new Message.Relayed(
                        relay.type(),
                        relay.hopCount(),
                        relay.link(),
                        relay.peer(),
                        new Options(relay.options().list().stream()
                                .filter(option -> option instanceof InterfaceId || option instanceof RelayPort)
                                .toList())))
                .toList());
    }

    /** What the relays said, without the message that they relayed; there must be one. */
    Message withoutMessage() {
        Message.@Nullable Relayed inner = null;
        for (int i = relays.size() - 1; i >= 0; i--) {
            Message.Relayed relay = relays.get(i);
            List<Option> options = new ArrayList<>(relay.options().list().stream()
                    .filter(option -> !(option instanceof RelayMsg))
                    .toList());
            if (inner != null) {
                options.add(new RelayMsg(inner));
            }
            inner = new Message.Relayed(
                    relay.type(), relay.hopCount(), relay.link(), relay.peer(), new Options(options));
        }
        return Objects.requireNonNull(inner);
    }

    /** {@code message} as it would come this way. */
    Message forward(Message.Direct message) {
        Message wrapped = message;
        for (int i = relays.size() - 1; i >= 0; i--) {
            Message.Relayed relay = relays.get(i);
            List<Option> options = new ArrayList<>(relay.options().list().stream()
                    .filter(option -> !(option instanceof RelayMsg))
                    .toList());
            options.add(new RelayMsg(wrapped));
            wrapped = new Message.Relayed(
                    relay.type(), relay.hopCount(), relay.link(), relay.peer(), new Options(options));
        }
        return wrapped;
    }

    /** The port to answer to: fixed by role, except for a relay that says it sends from another (RFC 8357 section 5). */
    int answerPort(int sourcePort) {
        if (relays.isEmpty()) {
            return CLIENT_PORT;
        }
        return relays.get(0).options().has(RelayPort.class) ? sourcePort : SERVER_PORT;
    }
}
