package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.server.internal.client.ClientKey;
import io.dstm.server.internal.pool.LongWords;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Every lease, by what it is of, by who has it and by when it ends. For one thread at a time. */
final class Ipv6Book {

    private final Ipv6Rows rows = new Ipv6Rows();

    /** The row of a lease by its first address. */
    private final SortedWords byAddress = new SortedWords(1);

    /** The rows of what is not declined. */
    private final HolderTable byHolder = new HolderTable(rows);

    /** How many leases each client has, by hashes of identities. */
    private final LongWords counts = new LongWords();

    /** Rows by their end and number, soonest first; prolonging moves one, so clients that prolong all the time fill no memory. */
    private final SortedWords byEnd = new SortedWords(1);

    private long lastEntry;

    /** What an IA holds; {@code null} if nothing. */
    @Nullable
    Ipv6Lease of(ClientId client, Ipv6LeaseKind kind) {
        int row = byHolder.find(ClientKey.of(client), kind);
        return row < 0 ? null : rows.lease(row);
    }

    /** The lease of exactly this prefix; {@code null} if there is none. */
    @Nullable
    Ipv6Lease at(Ipv6Prefix prefix) {
        int row = rowAt(prefix);
        return row < 0 ? null : rows.lease(row);
    }

    /** Which entry the lease of exactly this prefix is: another number for each {@link #put}; 0 if there is none. */
    long entryAt(Ipv6Prefix prefix) {
        int row = rowAt(prefix);
        return row < 0 ? 0 : rows.entry(row);
    }

    private int rowAt(Ipv6Prefix prefix) {
        long found = byAddress.find(prefix.address().high(), prefix.address().low());
        if (found == SortedWords.NONE) {
            return -1;
        }
        int row = (int) byAddress.word(found);
        return rows.length(row) == prefix.length() ? row : -1;
    }

    /** The leases that have an address of {@code prefix}. */
    List<Ipv6Lease> overlapping(Ipv6Prefix prefix) {
        Ipv6Address first = prefix.address();
        Ipv6Address last = prefix.last();
        List<Ipv6Lease> found = new ArrayList<>(1);
        long at = byAddress.floor(first.high(), first.low());
        if (at == SortedWords.NONE) {
            at = byAddress.first();
        }
        for (; at != SortedWords.NONE; at = byAddress.next(at)) {
            int row = (int) byAddress.word(at);
            if (rows.address(row).compareTo(last) > 0) {
                break;
            }
            Ipv6Prefix there = rows.prefix(row);
            if (prefix.contains(there) || there.contains(prefix)) {
                found.add(rows.lease(row));
            }
        }
        return found;
    }

    /** How many leases a client has, of all IAs, with those that it declined: who declines without end empties no pool. */
    long count(ClientId client) {
        return counts.get(ClientKey.of(client).ownerHash());
    }

    /** Enters a lease; its addresses are nobody's and its client has nothing in this IA. */
    void put(Ipv6Lease lease) {
        ClientKey client = ClientKey.of(lease.client());
        int row = rows.add(lease, client, ++lastEntry);
        byAddress.put(lease.address().high(), lease.address().low(), row, 0);
        if (!lease.declined()) {
            byHolder.add(row);
        }
        recount(client, 1);
        byEnd.put(endKey(lease), row, row, 0);
    }

    /** Strikes a lease out, if it is there as it is here. */
    void remove(Ipv6Lease lease) {
        int row = rowAt(lease.prefix());
        if (row < 0 || !rows.lease(row).equals(lease)) {
            return;
        }
        byAddress.remove(lease.address().high(), lease.address().low());
        byEnd.remove(endKey(lease), row);
        if (!lease.declined()) {
            byHolder.remove(row);
        }
        recount(rows.client(row), -1);
        rows.remove(row);
    }

    private void recount(ClientKey client, int change) {
        long owner = client.ownerHash();
        counts.put(owner, counts.get(owner) + change);
    }

    /** Its end as a number that sorts without a sign. */
    private static long endKey(Ipv6Lease lease) {
        return lease.until().getEpochSecond() ^ Long.MIN_VALUE;
    }

    /** The leases that have ended; they stay until they are removed. */
    List<Ipv6Lease> ended(Instant now) {
        List<Ipv6Lease> ended = new ArrayList<>();
        for (long at = byEnd.first(); at != SortedWords.NONE; at = byEnd.next(at)) {
            if ((byEnd.high(at) ^ Long.MIN_VALUE) > now.getEpochSecond()) {
                break;
            }
            ended.add(rows.lease((int) byEnd.word(at)));
        }
        return ended;
    }

    void forEach(Consumer<Ipv6Lease> visitor) {
        for (long at = byAddress.first(); at != SortedWords.NONE; at = byAddress.next(at)) {
            visitor.accept(rows.lease((int) byAddress.word(at)));
        }
    }

    List<Ipv6Lease> all() {
        List<Ipv6Lease> all = new ArrayList<>(byAddress.size());
        forEach(all::add);
        return all;
    }
}
