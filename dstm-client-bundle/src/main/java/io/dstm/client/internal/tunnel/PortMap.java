package io.dstm.client.internal.tunnel;

import io.dstm.api.net.PortSet;
import java.util.SplittableRandom;

/**
 * Which inside port has which outside port, for one protocol: endpoint-independent mapping and filtering (RFC 4787 sections 4.1
 * and 5), never two inside ports on one outside port (REQ-3), the same port where it is free, else a random one of the same
 * parity if there is any (REQ-4, RFC 6056). Primitive arrays of fixed size; nothing is allocated once a flow exists. Callers hold
 * the lock.
 */
final class PortMap {

    /** The protocols that have a map of their own. */
    enum Kind {
        /** RFC 5382. */
        TCP,
        /** RFC 4787. */
        UDP,
        /** RFC 5508; the identifier of a query stands for the port. */
        ICMP
    }

    /** No such mapping, or no room for one. */
    static final int NONE = -1;
    /** The inside address is the lease. */
    static final int LEASE = 0;
    /** The inside address is the placeholder. */
    static final int PLACEHOLDER = 1;

    /** RFC 5382 REQ-5: an established connection idles at least 2 hours and 4 minutes. */
    static final int TCP_ESTABLISHED_SECONDS = 2 * 3600 + 4 * 60;
    /** RFC 5382 REQ-5: one that opens or closes at least 4 minutes. */
    static final int TCP_TRANSITORY_SECONDS = 4 * 60;
    /** RFC 4787 REQ-5: 5 minutes are recommended. */
    static final int UDP_SECONDS = 5 * 60;
    /** RFC 4787 REQ-5: and less than 2 minutes forbidden, also when ports are scarce. */
    static final int UDP_LEAST_SECONDS = 2 * 60;
    /** RFC 5508 REQ-2: at least 60 seconds. */
    static final int ICMP_SECONDS = 60;

    static final int FIN = 1;
    static final int SYN = 2;
    static final int RST = 4;

    private static final int USED = 1;
    private static final int IS_PLACEHOLDER = 1 << 1;
    private static final int ANSWERED = 1 << 2;
    private static final int ESTABLISHED = 1 << 3;
    private static final int CLOSING = 1 << 4;
    private static final int FIN_OUT = 1 << 5;
    private static final int FIN_IN = 1 << 6;

    private static final int PORTS = 1 << 16;

    private final Kind kind;
    private final Pool pool;
    private final SplittableRandom random;
    private final int size;
    private final char[] insidePorts;
    private final byte[] states;
    private final int[] lastUsed;
    /** By inside address: rank + 1 of the outside port of every inside port; made when the first flow of that address comes. */
    private final char[][] ranks = {new char[0], new char[0]};

    private int used;
    private boolean foundFull;
    private int foundFullAt;

    /** The outside ports to give: a port set, or the top of a full address. */
    record Pool(PortSet ports, int first, int count) {

        /** All ports of a shared address. */
        static Pool of(PortSet ports) {
            return new Pool(ports, 0, ports.size());
        }

        /** {@code first} to 65535 of a full address. */
        static Pool from(int first) {
            return new Pool(PortSet.FULL, first, PORTS - first);
        }

        boolean contains(int port) {
            return port >= first && ports.contains(port);
        }

        int portAt(int rank) {
            return ports.portAt(first + rank);
        }

        /** The place of a contained port among all; the inverse of {@link #portAt}. */
        int rankOf(int port) {
            int bits = ports.contiguousBits();
            int block = port >>> (bits + ports.psidLength());
            int skipped = ports.offset() == 0 ? 0 : 1;
            return ((block - skipped) << bits | port & (1 << bits) - 1) - first;
        }
    }

    PortMap(Kind kind, Pool pool, SplittableRandom random) {
        this.kind = kind;
        this.pool = pool;
        this.random = random;
        this.size = pool.count();
        this.insidePorts = new char[size];
        this.states = new byte[size];
        this.lastUsed = new int[size];
    }

    /** How many mappings there are, outlived ones included until they are swept. */
    int used() {
        return used;
    }

    /**
     * The outside port of a packet that leaves, found or made.
     *
     * @param inside {@link #LEASE} or {@link #PLACEHOLDER}
     * @param flags for TCP {@link #FIN}, {@link #SYN}, {@link #RST}; else 0
     * @param hasData whether a TCP segment carries data
     * @param now seconds that wrap around
     */
    int outward(int inside, int port, int flags, boolean hasData, int now) {
        int rank = rankOfInside(inside, port, now);
        if (rank == NONE) {
            rank = make(inside, port, now);
            if (rank == NONE) {
                return NONE;
            }
        }
        lastUsed[rank] = now;
        if (kind == Kind.TCP) {
            followTcp(rank, flags, hasData, FIN_OUT);
        }
        return pool.portAt(rank);
    }

    /** The outside port of an inside one, if there is a mapping; does not prolong its life. */
    int find(int inside, int port, int now) {
        int rank = rankOfInside(inside, port, now);
        return rank == NONE ? NONE : pool.portAt(rank);
    }

    /**
     * The inside address and port, {@code address << 16 | port}, of a packet that arrives. Only TCP prolongs the life of the
     * mapping: what comes from outside must not keep it open (RFC 4787 REQ-6).
     */
    int inward(int outsidePort, int flags, boolean hasData, int now) {
        int rank = liveRank(outsidePort, now);
        if (rank == NONE) {
            return NONE;
        }
        if (kind == Kind.TCP) {
            states[rank] |= ANSWERED;
            followTcp(rank, flags, hasData, FIN_IN);
            if ((states[rank] & ESTABLISHED) != 0) {
                lastUsed[rank] = now;
            }
        }
        return insideOf(rank);
    }

    /** The same without a trace, for packets that ICMP errors quote (RFC 5508 REQ-3 and 7: errors change no mapping). */
    int peekInward(int outsidePort, int now) {
        int rank = liveRank(outsidePort, now);
        return rank == NONE ? NONE : insideOf(rank);
    }

    /** Frees what has outlived its time. */
    void sweep(int now) {
        if (used > 0) {
            for (int rank = 0; rank < size; rank++) {
                if (isOver(rank, now)) {
                    free(rank);
                }
            }
        }
    }

    private int insideOf(int rank) {
        return ((states[rank] & IS_PLACEHOLDER) != 0 ? PLACEHOLDER : LEASE) << 16 | insidePorts[rank];
    }

    private int liveRank(int outsidePort, int now) {
        if (!pool.contains(outsidePort)) {
            return NONE;
        }
        int rank = pool.rankOf(outsidePort);
        return (states[rank] & USED) == 0 || isOver(rank, now) ? NONE : rank;
    }

    private int rankOfInside(int inside, int port, int now) {
        char[] of = ranks[inside];
        int rank = of.length == 0 ? NONE : of[port] - 1;
        if (rank != NONE && isOver(rank, now)) {
            free(rank);
            return NONE;
        }
        return rank;
    }

    private boolean isOver(int rank, int now) {
        return (states[rank] & USED) != 0 && now - lastUsed[rank] >= lifetime(states[rank]);
    }

    private int lifetime(int state) {
        return switch (kind) {
            case TCP ->
                (state & (ESTABLISHED | CLOSING)) == ESTABLISHED ? TCP_ESTABLISHED_SECONDS : TCP_TRANSITORY_SECONDS;
            case UDP -> UDP_SECONDS;
            case ICMP -> ICMP_SECONDS;
        };
    }

    private void followTcp(int rank, int flags, boolean hasData, int fin) {
        int state = states[rank];
        if ((flags & RST) != 0) {
            state |= CLOSING;
        } else if ((flags & SYN) != 0 || (state & CLOSING) != 0 && hasData) {
            // Another connection on the same inside port, or one that shares it with the one that closed.
            state &= ~(CLOSING | FIN_OUT | FIN_IN);
        } else if (fin == FIN_OUT && (state & ANSWERED) != 0) {
            state |= ESTABLISHED;
        }
        if ((flags & FIN) != 0) {
            state |= fin;
            if ((state & (FIN_OUT | FIN_IN)) == (FIN_OUT | FIN_IN)) {
                state |= CLOSING;
            }
        }
        states[rank] = (byte) state;
    }

    private int make(int inside, int port, int now) {
        int rank = place(port, now);
        if (rank == NONE) {
            return NONE;
        }
        if (ranks[inside].length == 0) {
            ranks[inside] = new char[PORTS];
        }
        ranks[inside][port] = (char) (rank + 1);
        insidePorts[rank] = (char) port;
        states[rank] = (byte) (USED | (inside == PLACEHOLDER ? IS_PLACEHOLDER : 0));
        used++;
        return rank;
    }

    /** A free rank for a new mapping of {@code port}. */
    private int place(int port, int now) {
        if (pool.contains(port)) {
            int same = pool.rankOf(port);
            if (isFree(same, now)) {
                return same;
            }
        }
        if (used >= size && foundFull && foundFullAt == now) {
            return NONE;
        }
        int start = random.nextInt(size);
        int otherParity = NONE;
        for (int i = 0; i < size; i++) {
            int rank = start + i < size ? start + i : start + i - size;
            if (isFree(rank, now)) {
                int candidate = pool.portAt(rank);
                if ((candidate & 1) == (port & 1) && candidate != 0) {
                    return rank;
                }
                if (otherParity == NONE && candidate != 0) {
                    otherParity = rank;
                }
            }
        }
        int found = otherParity == NONE ? evict(now) : otherParity;
        foundFull = found == NONE;
        foundFullAt = now;
        return found;
    }

    private boolean isFree(int rank, int now) {
        if (isOver(rank, now)) {
            free(rank);
        }
        return (states[rank] & USED) == 0;
    }

    /** The longest idle mapping that may end before its time because nothing else is free. */
    private int evict(int now) {
        int oldest = NONE;
        int longest = -1;
        for (int rank = 0; rank < size; rank++) {
            int idle = now - lastUsed[rank];
            boolean dispensable =
                    kind == Kind.TCP && (states[rank] & CLOSING) != 0 || kind == Kind.UDP && idle >= UDP_LEAST_SECONDS;
            if ((states[rank] & USED) != 0 && dispensable && idle > longest) {
                longest = idle;
                oldest = rank;
            }
        }
        if (oldest != NONE) {
            free(oldest);
        }
        return oldest;
    }

    private void free(int rank) {
        int inside = (states[rank] & IS_PLACEHOLDER) != 0 ? PLACEHOLDER : LEASE;
        ranks[inside][insidePorts[rank]] = 0;
        states[rank] = 0;
        used--;
    }
}
