package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.server.internal.client.ClientKey;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Leases packed for memory: a row of numbers each and the client's identity, a fifth of what the records with their parts take. Rows
 * of removed leases are used again. For one thread at a time.
 */
final class Ipv6Rows {

    private static final int CHUNK_BITS = 10;
    private static final int CHUNK = 1 << CHUNK_BITS;

    private static final int HIGH = 0;
    private static final int LOW = 1;
    private static final int SINCE = 2;
    private static final int PREFERRED = 3;
    private static final int UNTIL = 4;
    private static final int ENTRY = 5;
    private static final int WORDS = 6;

    /** What is small: the prefix length, the kind, whether it is declined, and the number of the pool's name. */
    private static final int LENGTH_MASK = 0xFF;

    private static final int PREFIX = 1 << 8;
    private static final int DECLINED = 1 << 9;
    private static final int POOL_SHIFT = 10;

    private static final class Chunk {
        private final long[] words = new long[CHUNK * WORDS];
        private final int[] marks = new int[CHUNK];
        private final ClientKey[] clients = new ClientKey[CHUNK];
    }

    private final List<Chunk> chunks = new ArrayList<>();
    private final List<String> pools = new ArrayList<>();

    /** The row that was freed last, and in each the one before, by its first word; -1 is none. */
    private int free = -1;

    private int used;

    /** Packs a lease of {@code client}; {@code entry} tells it from equal ones. */
    int add(Ipv6Lease lease, ClientKey client, long entry) {
        int row = free;
        if (row >= 0) {
            free = (int) word(row, HIGH);
        } else {
            row = used++;
            if (row >> CHUNK_BITS == chunks.size()) {
                chunks.add(new Chunk());
            }
        }
        Chunk chunk = chunk(row);
        int at = (row & CHUNK - 1) * WORDS;
        chunk.words[at + HIGH] = lease.address().high();
        chunk.words[at + LOW] = lease.address().low();
        chunk.words[at + SINCE] = lease.since().getEpochSecond();
        chunk.words[at + PREFERRED] = lease.preferredUntil().getEpochSecond();
        chunk.words[at + UNTIL] = lease.until().getEpochSecond();
        chunk.words[at + ENTRY] = entry;
        chunk.marks[row & CHUNK - 1] = lease.prefix().length()
                | (lease.kind() == Ipv6LeaseKind.PREFIX ? PREFIX : 0)
                | (lease.declined() ? DECLINED : 0)
                | poolNumber(lease.pool()) << POOL_SHIFT;
        chunk.clients[row & CHUNK - 1] = client;
        return row;
    }

    /** Pools are few, and their names stay: a lease may outlive the pool it is from. */
    private int poolNumber(String pool) {
        int number = pools.indexOf(pool);
        if (number < 0) {
            number = pools.size();
            pools.add(pool);
        }
        return number;
    }

    /** Frees a row. */
    void remove(int row) {
        Chunk chunk = chunk(row);
        chunk.clients[row & CHUNK - 1] = null;
        chunk.words[(row & CHUNK - 1) * WORDS + HIGH] = free;
        free = row;
    }

    private Chunk chunk(int row) {
        return chunks.get(row >> CHUNK_BITS);
    }

    private long word(int row, int which) {
        return chunk(row).words[(row & CHUNK - 1) * WORDS + which];
    }

    private int marks(int row) {
        return chunk(row).marks[row & CHUNK - 1];
    }

    Ipv6Address address(int row) {
        return new Ipv6Address(word(row, HIGH), word(row, LOW));
    }

    int length(int row) {
        return marks(row) & LENGTH_MASK;
    }

    Ipv6Prefix prefix(int row) {
        return new Ipv6Prefix(address(row), length(row));
    }

    Ipv6LeaseKind kind(int row) {
        return (marks(row) & PREFIX) != 0 ? Ipv6LeaseKind.PREFIX : Ipv6LeaseKind.ADDRESS;
    }

    ClientKey client(int row) {
        return chunk(row).clients[row & CHUNK - 1];
    }

    long entry(int row) {
        return word(row, ENTRY);
    }

    /** Unpacks a lease. */
    Ipv6Lease lease(int row) {
        return new Ipv6Lease(
                prefix(row),
                client(row).toClientId(),
                kind(row),
                pools.get(marks(row) >>> POOL_SHIFT),
                (marks(row) & DECLINED) != 0,
                Instant.ofEpochSecond(word(row, SINCE)),
                Instant.ofEpochSecond(word(row, PREFERRED)),
                Instant.ofEpochSecond(word(row, UNTIL)));
    }
}
