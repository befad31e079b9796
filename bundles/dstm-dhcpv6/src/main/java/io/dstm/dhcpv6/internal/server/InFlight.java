package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The messages being answered, within bounds. A client is known by its address, behind a relay by its identity too: a relay may
 * show all its clients under one address. Who makes identities up there is held by what one link can have in work.
 */
final class InFlight {

    /** A node has one or two exchanges at a time; a household behind one relay-less address a few more. */
    static final int MOST_PER_SOURCE = 16;

    /** A quarter of all, for the clients behind one interface of a relay together. */
    static final int MOST_PER_LINK = 4096;

    /**
     * Less than a second's worth of what a server can answer, some 16 MB. With 4,096 of them a relay's interface had 1,024, and a
     * pause of 50 ms, of a disk or a collector, lost answers at ten thousand exchanges a second.
     */
    static final int MOST = 16_384;

    /** A message: what of it stays the same in a retransmission. */
    record Ticket(Ipv6Address source, MessageType type, int transactionId, Octets client) {

        private Object sender(RateLimits.@Nullable Door relayed) {
            return relayed == null ? source : new RateLimits.Sender(source, client);
        }
    }

    /** A message that is in; equal to itself alone. */
    static class Entry {
        private final Ticket ticket;
        private final Object sender;
        private final RateLimits.@Nullable Door door;
        private final long since;

        /**
         * A message.
         *
         * @param relayed where a relay took it in; {@code null} if it came directly
         * @param since when it came, by a clock in nanoseconds that never jumps
         */
        Entry(Ticket ticket, RateLimits.@Nullable Door relayed, long since) {
            this.ticket = ticket;
            this.sender = ticket.sender(relayed);
            this.door = relayed;
            this.since = since;
        }
    }

    /** Oldest first. */
    private final Map<Ticket, Entry> entries = new LinkedHashMap<>();

    private final Map<Object, Integer> perSource = new HashMap<>();
    private final Map<RateLimits.Door, Integer> perLink = new HashMap<>();

    /** Lets a message in, or says why not. A retransmission is dropped: the answer to the first will be the answer to it. */
    synchronized Optional<ServerCounter> enter(Entry entry) {
        Ticket ticket = entry.ticket;
        if (entries.containsKey(ticket)) {
            return Optional.of(ServerCounter.DROP_RETRANSMISSION);
        }
        int ofSource = perSource.getOrDefault(entry.sender, 0);
        RateLimits.Door door = entry.door;
        int ofLink = door == null ? 0 : perLink.getOrDefault(door, 0);
        if (ofSource >= MOST_PER_SOURCE || ofLink >= MOST_PER_LINK) {
            return Optional.of(ServerCounter.DROP_SOURCE_BUSY);
        }
        if (entries.size() >= MOST) {
            return Optional.of(ServerCounter.DROP_SERVER_BUSY);
        }
        entries.put(ticket, entry);
        perSource.put(entry.sender, ofSource + 1);
        if (door != null) {
            perLink.put(door, ofLink + 1);
        }
        return Optional.empty();
    }

    /** The message is done with; whether it was in until now. */
    synchronized boolean leave(Entry entry) {
        if (!entries.remove(entry.ticket, entry)) {
            return false;
        }
        forgetSource(entry);
        return true;
    }

    /** Those that are in for longer than {@code nanos} are done with. */
    synchronized List<Entry> leaveOlder(long now, long nanos) {
        List<Entry> old = new ArrayList<>();
        Iterator<Entry> oldest = entries.values().iterator();
        while (oldest.hasNext()) {
            Entry entry = oldest.next();
            if (now - entry.since < nanos) {
                break;
            }
            oldest.remove();
            forgetSource(entry);
            old.add(entry);
        }
        return old;
    }

    synchronized boolean isEmpty() {
        return entries.isEmpty();
    }

    private void forgetSource(Entry entry) {
        perSource.computeIfPresent(entry.sender, (source, count) -> count == 1 ? null : count - 1);
        if (entry.door != null) {
            perLink.computeIfPresent(entry.door, (link, count) -> count == 1 ? null : count - 1);
        }
    }
}
