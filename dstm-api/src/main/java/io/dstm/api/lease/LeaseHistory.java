package io.dstm.api.lease;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who held which address and ports when. With shared addresses an address alone names nobody (RFC 6269 section 13.1), so a
 * complaint is answered from address, port and time (RFC 6302); the leases are the log (RFC 7422), a renewal adds nothing to it.
 * Registered as a service while the store is open.
 */
public interface LeaseHistory {

    /** The most entries that one question may match; who needs more narrows the time. */
    int MOST_MATCHES = 100_000;

    /** The end of an interval that has none, 9999-12-31T23:59:59Z. */
    Instant NO_END = Instant.ofEpochSecond(253_402_300_799L);

    /**
     * The holders that match, in the order of their beginning, then of their ports, one page of them. May block.
     *
     * @throws LeaseStoreException if the log cannot be read, or if more than {@link #MOST_MATCHES} entries match
     */
    Answer find(Question question) throws LeaseStoreException;

    /** How long an entry is kept after its end; zero if nothing is kept beyond the leases there are. */
    Duration keep();

    /**
     * What is asked. At least an address or a client must be given.
     *
     * @param address the IPv4 address; {@code null} for any
     * @param port a port of the address, 0 to 65535; {@code null} for any
     * @param client the whole identity as in {@link ClientId#identity()}; {@code null} for anybody
     * @param from the begin of the interval, inclusive
     * @param to the end of the interval, exclusive
     * @param offset how many matches to skip, from 0
     * @param limit how many to answer at most, 0 to {@link #MOST_MATCHES}
     */
    record Question(
            @Nullable Ipv4Address address,
            @Nullable Integer port,
            @Nullable String client,
            Instant from,
            Instant to,
            int offset,
            int limit) {

        /** Checks what was asked. */
        public Question {
            if (address == null && client == null) {
                throw new IllegalArgumentException("an address or a client must be given");
            }
            if (port != null && (port < 0 || port > 0xFFFF)) {
                throw new IllegalArgumentException("port " + port + " is not within 0 to 65535");
            }
            if (!from.isBefore(to)) {
                throw new IllegalArgumentException("the time must end after it begins");
            }
            if (offset < 0 || limit < 0 || limit > MOST_MATCHES) {
                throw new IllegalArgumentException("offset must be 0 or more, limit 0 to " + MOST_MATCHES);
            }
        }

        /** Who held {@code address}, and of it {@code port} if that is given, at a moment. */
        public static Question at(Ipv4Address address, @Nullable Integer port, Instant moment) {
            Instant second = Instant.ofEpochSecond(moment.getEpochSecond());
            return new Question(address, port, null, second, second.plusSeconds(1), 0, MOST_MATCHES);
        }
    }

    /**
     * Part of what matches.
     *
     * @param entries the part
     * @param offset how many matches come before it
     * @param total how many match in all
     */
    record Answer(List<Entry> entries, int offset, int total) {

        /** Keeps the list unchangeable. */
        public Answer {
            entries = List.copyOf(entries);
        }
    }

    /**
     * One holder with one tunnel source; a client that moved has several entries that join.
     *
     * @param key the address and ports
     * @param client who held it
     * @param tunnelSource the client's end of the tunnel
     * @param tunnelAddress the TEP's end of the tunnel
     * @param pool the pool it came from
     * @param from since when, whole seconds
     * @param to until when, exclusive, whole seconds; for {@link End#HELD} when the lease ends unless it is prolonged
     * @param end why it ended
     */
    record Entry(
            LeaseKey key,
            ClientId client,
            Ipv6Address tunnelSource,
            Ipv6Address tunnelAddress,
            String pool,
            Instant from,
            Instant to,
            End end) {}

    /** Why a holder held no longer. */
    enum End {
        /** Not over yet. */
        HELD,
        /** It ran out; also when the server was not there to see it. */
        EXPIRED,
        /** The client gave it back. */
        RELEASED,
        /** The client found it in use by somebody else. */
        DECLINED,
        /** The same client went on from another tunnel source or to another TEP. */
        MOVED,
        /** The server took it back, or never told the client of it. */
        WITHDRAWN
    }
}
