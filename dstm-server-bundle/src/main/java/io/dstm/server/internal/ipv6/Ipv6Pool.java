package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6PoolStatus;
import io.dstm.api.ipv6.Ipv6Request;
import io.dstm.api.net.Ipv6Prefix;
import java.util.Optional;

/** A pool with what of it is free. For one thread at a time. */
final class Ipv6Pool {

    private final Ipv6PoolConfig config;
    private final FreeSpace addresses;
    private final FreeSpace prefixes;
    private long lentAddresses;
    private long lentPrefixes;

    /** A pool of which what {@code book} has is taken. */
    Ipv6Pool(Ipv6PoolConfig config, Ipv6Book book) {
        this.config = config;
        addresses = FreeSpace.ofAddresses(config.addresses());
        prefixes = FreeSpace.ofPrefixes(config.prefixes());
        book.forEach(lease -> note(lease, true));
    }

    private Ipv6Pool(Ipv6PoolConfig config, Ipv6Pool same) {
        this.config = config;
        addresses = same.addresses;
        prefixes = same.prefixes;
        lentAddresses = same.lentAddresses;
        lentPrefixes = same.lentPrefixes;
    }

    /** The same with another configuration; what is free is found out anew only where the ranges changed. */
    Ipv6Pool with(Ipv6PoolConfig next, Ipv6Book book) {
        boolean same =
                next.addresses().equals(config.addresses()) && next.prefixes().equals(config.prefixes());
        return same ? new Ipv6Pool(next, this) : new Ipv6Pool(next, book);
    }

    Ipv6PoolConfig config() {
        return config;
    }

    private FreeSpace space(Ipv6LeaseKind kind) {
        return kind == Ipv6LeaseKind.ADDRESS ? addresses : prefixes;
    }

    /** Whether it lends {@code prefix} to anybody and nobody has it, nor any of it. */
    boolean isFree(Ipv6LeaseKind kind, Ipv6Prefix prefix) {
        return space(kind).isFree(prefix);
    }

    /** Enters a lease; {@code place} is false if its addresses are taken already. */
    void note(Ipv6Lease lease, boolean place) {
        count(lease, 1);
        // An address can have been lent before a range became one for prefixes, or the other way round.
        if (place && !addresses.take(lease.prefix())) {
            prefixes.take(lease.prefix());
        }
    }

    /** Strikes a lease out; {@code place} is false if its addresses stay taken. */
    void forget(Ipv6Lease lease, boolean place) {
        count(lease, -1);
        if (place) {
            addresses.give(lease.prefix());
            prefixes.give(lease.prefix());
        }
    }

    private void count(Ipv6Lease lease, int by) {
        if (!lease.pool().equals(config.name())) {
            return;
        }
        if (lease.kind() == Ipv6LeaseKind.ADDRESS) {
            lentAddresses += by;
        } else {
            lentPrefixes += by;
        }
    }

    /** Whether it has lent as much as it may, whatever is free. */
    boolean isFull() {
        return lentAddresses + lentPrefixes >= config.leasesMax();
    }

    /** Something free for {@code request}: of the length it hints at if that is allowed, else of the usual one. */
    Optional<Ipv6Prefix> find(Ipv6Request request, Place place) {
        Spans spans = config.dynamic(request.kind());
        if (spans.isEmpty()) {
            return Optional.empty();
        }
        FreeSpace space = space(request.kind());
        if (request.kind() == Ipv6LeaseKind.ADDRESS) {
            return space.find(FreeSpace.ADDRESS, place.in(spans, request));
        }
        int wanted = lengthFor(request);
        Optional<Ipv6Prefix> found = space.find(wanted, place.in(spans, request));
        // "the server SHOULD ... delegate a prefix of a different length" (RFC 8168 section 3.2): nearest first.
        for (int length = wanted + 1; found.isEmpty() && length <= config.longest(); length++) {
            found = space.find(length, place.in(spans, request));
        }
        return found;
    }

    private int lengthFor(Ipv6Request request) {
        return request.wishes().stream()
                .map(Ipv6Prefix::length)
                .filter(length -> length > 0)
                .findFirst()
                .map(length -> Math.max(config.shortest(), Math.min(config.longest(), length)))
                .orElse(config.length());
    }

    Ipv6PoolStatus status() {
        return new Ipv6PoolStatus(config.name(), lentAddresses, lentPrefixes, config.toString());
    }
}
