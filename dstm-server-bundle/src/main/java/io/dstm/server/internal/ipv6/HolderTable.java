package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.server.internal.client.ClientKey;
import java.util.Arrays;

/**
 * The rows of leases by who has them: open addressing, a row and a hash a place. What is removed leaves no mark; what stood behind it
 * moves up. For one thread at a time.
 */
final class HolderTable {

    private static final int SMALLEST = 64;
    private static final int EMPTY = -1;

    private final Ipv6Rows rows;
    private int[] places = new int[SMALLEST];
    private int[] hashes = new int[SMALLEST];
    private int size;

    HolderTable(Ipv6Rows rows) {
        this.rows = rows;
        Arrays.fill(places, EMPTY);
    }

    /** The row of what {@code client} has of {@code kind}; -1 if it has nothing. */
    int find(ClientKey client, Ipv6LeaseKind kind) {
        int hash = hash(client, kind);
        int mask = places.length - 1;
        for (int place = hash & mask; places[place] != EMPTY; place = place + 1 & mask) {
            int row = places[place];
            if (hashes[place] == hash
                    && rows.kind(row) == kind
                    && rows.client(row).equals(client)) {
                return row;
            }
        }
        return -1;
    }

    /** Adds a row whose client has nothing of its kind. */
    void add(int row) {
        if (size >= places.length >> 1) {
            grow();
        }
        insert(row, hash(row));
        size++;
    }

    private void insert(int row, int hash) {
        int mask = places.length - 1;
        int place = hash & mask;
        while (places[place] != EMPTY) {
            place = place + 1 & mask;
        }
        places[place] = row;
        hashes[place] = hash;
    }

    private void grow() {
        int[] oldPlaces = places;
        int[] oldHashes = hashes;
        places = new int[oldPlaces.length << 1];
        hashes = new int[places.length];
        Arrays.fill(places, EMPTY);
        for (int i = 0; i < oldPlaces.length; i++) {
            if (oldPlaces[i] != EMPTY) {
                insert(oldPlaces[i], oldHashes[i]);
            }
        }
    }

    /** Removes a row; nothing happens if it is not there. */
    void remove(int row) {
        int mask = places.length - 1;
        int gap = hash(row) & mask;
        while (places[gap] != row) {
            if (places[gap] == EMPTY) {
                return;
            }
            gap = gap + 1 & mask;
        }
        size--;
        for (int place = gap + 1 & mask; places[place] != EMPTY; place = place + 1 & mask) {
            // What is sought from a place between the gap and its own may not move before that place.
            if ((place - hashes[place] & mask) >= (place - gap & mask)) {
                places[gap] = places[place];
                hashes[gap] = hashes[place];
                gap = place;
            }
        }
        places[gap] = EMPTY;
    }

    private int hash(int row) {
        return hash(rows.client(row), rows.kind(row));
    }

    private static int hash(ClientKey client, Ipv6LeaseKind kind) {
        return kind == Ipv6LeaseKind.ADDRESS ? client.hashCode() : ~client.hashCode();
    }
}
