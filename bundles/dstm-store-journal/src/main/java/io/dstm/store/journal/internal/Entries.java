package io.dstm.store.journal.internal;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.store.common.PackedKey;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * What a block of the journal consists of: entries, each a type (1 octet), the length of what follows (2) and that. Numbers are
 * big-endian, times seconds since 1970. A lease's fields lie so that those that make it the same holding are neighbours.
 */
final class Entries {

    /** A lease. */
    static final byte PUT = 1;
    /** A lease is no more. */
    static final byte REMOVE = 2;
    /** An IPv6 lease. */
    static final byte PUT_IPV6 = 3;
    /** An IPv6 lease is no more. */
    static final byte REMOVE_IPV6 = 4;
    /** An entry of the history. */
    static final byte HISTORY = 5;
    /** No segment before this one counts any more. */
    static final byte START = 6;

    /** Type and length. */
    static final int HEAD = 3;

    /** Identities have at most 300 characters of up to three octets, names of pools as many. */
    static final int LONGEST = 2_048;

    /** The longest name of a pool. */
    static final int LONGEST_POOL = 255;

    /** Set with the state, kind or end: the identity is that of a DUID, without its scheme and as octets. */
    static final int IS_DUID = 0x80;

    static final String DUID = "duid:";

    static final int IPV6_IS_PREFIX = 1;
    static final int IPV6_IS_DECLINED = 2;

    /** Where the fields of a lease lie, behind the head. */
    static final int KEY = HEAD;

    static final int UNTIL = KEY + 8;
    static final int FROM = UNTIL + 8;
    static final int STATE = FROM + 8;
    static final int SINCE = STATE + 1;
    static final int SOURCE = SINCE + 8;
    static final int TUNNEL = SOURCE + 16;
    static final int ASSOCIATION = TUNNEL + 16;

    /** Where those of an entry of the history lie. */
    static final int H_ID = HEAD;

    static final int H_KEY = H_ID + 8;
    static final int H_FROM = H_KEY + 8;
    static final int H_TO = H_FROM + 8;
    static final int H_END = H_TO + 8;
    static final int H_SOURCE = H_END + 1;
    static final int H_TUNNEL = H_SOURCE + 16;
    static final int H_ASSOCIATION = H_TUNNEL + 16;

    /** Where those of an IPv6 lease lie. */
    static final int P_HIGH = HEAD;

    static final int P_LOW = P_HIGH + 8;
    static final int P_LENGTH = P_LOW + 8;
    static final int P_FLAGS = P_LENGTH + 1;
    static final int P_SINCE = P_FLAGS + 1;
    static final int P_PREFERRED = P_SINCE + 8;
    static final int P_UNTIL = P_PREFERRED + 8;
    static final int P_ASSOCIATION = P_UNTIL + 8;

    /** By the number that files have for them. */
    static final List<LeaseState> STATES = List.of(
            LeaseState.OFFERED, LeaseState.PENDING, LeaseState.ACTIVE, LeaseState.ENDING, LeaseState.QUARANTINED);

    /** By the number that files have for them. */
    static final List<End> ENDS = List.of(End.HELD, End.EXPIRED, End.RELEASED, End.DECLINED, End.MOVED, End.WITHDRAWN);

    private static final int ACTIVE = STATES.indexOf(LeaseState.ACTIVE);
    private static final int ENDING = STATES.indexOf(LeaseState.ENDING);

    private Entries() {}

    /** Appends a lease that its client has had with this tunnel since {@code from}; answers where it begins. */
    static int put(Output out, Lease lease, long from) {
        int start = out.size();
        ByteBuffer to = out.room(ASSOCIATION + 6);
        to.put(PUT).putShort((short) 0);
        to.putLong(PackedKey.pack(lease.key()));
        to.putLong(lease.until().getEpochSecond());
        to.putLong(from);
        to.put((byte) STATES.indexOf(lease.state()));
        to.putLong(lease.since().getEpochSecond());
        put(to, lease.tunnelSource());
        put(to, lease.tunnelAddress());
        client(out, lease.client(), start + STATE);
        out.text(lease.pool());
        return end(out, start);
    }

    private static void put(ByteBuffer to, Ipv6Address address) {
        to.putLong(address.high()).putLong(address.low());
    }

    private static void client(Output out, ClientId client, int flags) {
        out.room(6).putInt(client.association()).putShort((short) 0);
        int start = out.size();
        String identity = client.identity();
        if (identity.startsWith(DUID) && out.hex(identity, DUID.length())) {
            out.buffer().put(flags, (byte) (out.buffer().get(flags) | IS_DUID));
        } else {
            out.text(identity);
        }
        out.buffer().putShort(start - 2, (short) (out.size() - start));
    }

    private static int end(Output out, int start) {
        out.buffer().putShort(start + 1, (short) (out.size() - start - HEAD));
        return start;
    }

    /** Appends the end of a lease. */
    static void remove(Output out, LeaseKey key) {
        out.room(HEAD + 8).put(REMOVE).putShort((short) 8).putLong(PackedKey.pack(key));
    }

    /** Appends an IPv6 lease; answers where it begins. */
    static int put(Output out, Ipv6Lease lease) {
        int start = out.size();
        ByteBuffer to = out.room(P_ASSOCIATION + 6);
        to.put(PUT_IPV6).putShort((short) 0);
        put(to, lease.prefix().address());
        to.put((byte) lease.prefix().length());
        int kind = lease.kind() == Ipv6LeaseKind.PREFIX ? IPV6_IS_PREFIX : 0;
        to.put((byte) (kind | (lease.declined() ? IPV6_IS_DECLINED : 0)));
        to.putLong(lease.since().getEpochSecond());
        to.putLong(lease.preferredUntil().getEpochSecond());
        to.putLong(lease.until().getEpochSecond());
        client(out, lease.client(), start + P_FLAGS);
        out.text(lease.pool());
        return end(out, start);
    }

    /** Appends the end of an IPv6 lease. */
    static void remove(Output out, Ipv6Prefix prefix) {
        ByteBuffer to = out.room(HEAD + 17).put(REMOVE_IPV6).putShort((short) 17);
        put(to, prefix.address());
        to.put((byte) prefix.length());
    }

    /** Appends that a holding is over. */
    static void history(Output out, long id, Lease lease, long from, long to, End end) {
        int start = out.size();
        ByteBuffer target = out.room(H_ASSOCIATION + 6);
        target.put(HISTORY).putShort((short) 0);
        target.putLong(id).putLong(PackedKey.pack(lease.key())).putLong(from).putLong(to);
        target.put((byte) ENDS.indexOf(end));
        put(target, lease.tunnelSource());
        put(target, lease.tunnelAddress());
        client(out, lease.client(), start + H_END);
        out.text(lease.pool());
        end(out, start);
    }

    /** Appends that the journal begins with a segment from now on, and which number the next entry of the history has. */
    static void start(Output out, long segment, long nextHistory) {
        out.room(HEAD + 16).put(START).putShort((short) 16).putLong(segment).putLong(nextHistory);
    }

    /** How long the entry at {@code at} is in all; more than there is if it is cut off. */
    static int length(ByteBuffer in, int at) {
        return HEAD + (in.getShort(at + 1) & 0xFFFF);
    }

    /** Whether a client holds the lease at {@code at}: at its end its TEP may not have forgotten it yet. */
    static boolean isHeld(ByteBuffer in, int at) {
        int state = in.get(at + STATE) & ~IS_DUID & 0xFF;
        return state == ACTIVE || state == ENDING;
    }

    /** A fingerprint of the holding that the lease at {@code at} is, never 0: two that differ share one once in 2^64. */
    static long print(ByteBuffer in, int at) {
        int identity = at + ASSOCIATION + 4;
        long print = Mix.hash(in, at + SINCE, identity + 2 + (in.getShort(identity) & 0xFFFF));
        return print == 0 ? 1 : print;
    }

    /** A hash of who has the lease at {@code at}. */
    static long clientHash(ByteBuffer in, int at) {
        return identityHash(in, at + ASSOCIATION + 4);
    }

    /** A hash of the identity whose length is at {@code at}. */
    static long identityHash(ByteBuffer in, int at) {
        return Mix.hash(in, at + 2, at + 2 + (in.getShort(at) & 0xFFFF));
    }

    /** The hash that entries of a client have. */
    static long clientHash(String identity) {
        Output out = new Output();
        if (!identity.startsWith(DUID) || !out.hex(identity, DUID.length())) {
            out.text(identity);
        }
        return Mix.hash(out.buffer(), 0, out.size());
    }
}
