package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The messages being answered, within bounds. */
final class InFlight {

    /** A node has one or two exchanges at a time; a household behind one relay-less address a few more. */
    static final int MOST_PER_SOURCE = 16;

    /** About a second's worth of what a server can commit. */
    static final int MOST = 4096;

    /** A message: what of it stays the same in a retransmission. */
    record Ticket(Ipv6Address source, MessageType type, int transactionId, Octets client) {}

    private final Set<Ticket> tickets = new HashSet<>();
    private final Map<Ipv6Address, Integer> perSource = new HashMap<>();

    /** Lets a message in, or says why not. A retransmission is dropped: the answer to the first will be the answer to it. */
    synchronized Optional<ServerCounter> enter(Ticket ticket) {
        if (tickets.contains(ticket)) {
            return Optional.of(ServerCounter.DROP_RETRANSMISSION);
        }
        int ofSource = perSource.getOrDefault(ticket.source(), 0);
        if (ofSource >= MOST_PER_SOURCE) {
            return Optional.of(ServerCounter.DROP_SOURCE_BUSY);
        }
        if (tickets.size() >= MOST) {
            return Optional.of(ServerCounter.DROP_SERVER_BUSY);
        }
        tickets.add(ticket);
        perSource.put(ticket.source(), ofSource + 1);
        return Optional.empty();
    }

    /** The message is done with. */
    synchronized void leave(Ticket ticket) {
        if (tickets.remove(ticket)) {
            perSource.computeIfPresent(ticket.source(), (source, count) -> count == 1 ? null : count - 1);
        }
    }
}
