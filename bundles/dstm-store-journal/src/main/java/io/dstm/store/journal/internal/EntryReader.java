package io.dstm.store.journal.internal;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseHistory.Entry;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/**
 * Makes leases of entries. Names of pools and addresses of TEPs, of which there are few, become the same object each time. For one
 * thread; what makes no sense is a {@link StoreProblem}, whatever it is.
 */
final class EntryReader {

    private static final int MOST_NAMES = 1_000;

    private final Map<String, String> pools = new HashMap<>();
    private String lastPool = "";
    private Ipv6Address lastTunnel = Ipv6Address.UNSPECIFIED;

    /** The lease at {@code at}. */
    Lease lease(ByteBuffer in, int at) throws StoreProblem {
        try {
            int flags = in.get(at + Entries.STATE) & 0xFF;
            return new Lease(
                    PackedKey.unpack(in.getLong(at + Entries.KEY)),
                    client(in, at + Entries.ASSOCIATION, flags),
                    address(in, at + Entries.SOURCE),
                    tunnel(in, at + Entries.TUNNEL),
                    pool(in, at, at + Entries.ASSOCIATION),
                    Entries.STATES.get(flags & ~Entries.IS_DUID),
                    time(in, at + Entries.SINCE),
                    time(in, at + Entries.UNTIL));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException senseless) {
            throw problem("lease", senseless);
        }
    }

    /** The IPv6 lease at {@code at}. */
    Ipv6Lease ipv6Lease(ByteBuffer in, int at) throws StoreProblem {
        try {
            int flags = in.get(at + Entries.P_FLAGS) & 0xFF;
            return new Ipv6Lease(
                    prefix(in, at),
                    client(in, at + Entries.P_ASSOCIATION, flags),
                    (flags & Entries.IPV6_IS_PREFIX) != 0 ? Ipv6LeaseKind.PREFIX : Ipv6LeaseKind.ADDRESS,
                    pool(in, at, at + Entries.P_ASSOCIATION),
                    (flags & Entries.IPV6_IS_DECLINED) != 0,
                    time(in, at + Entries.P_SINCE),
                    time(in, at + Entries.P_PREFERRED),
                    time(in, at + Entries.P_UNTIL));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException senseless) {
            throw problem("IPv6 lease", senseless);
        }
    }

    private static Ipv6Prefix prefix(ByteBuffer in, int at) {
        return new Ipv6Prefix(address(in, at + Entries.P_HIGH), in.get(at + Entries.P_LENGTH) & 0xFF);
    }

    /** The entry of the history at {@code at}. */
    Entry entry(ByteBuffer in, int at) throws StoreProblem {
        try {
            int flags = in.get(at + Entries.H_END) & 0xFF;
            return new Entry(
                    PackedKey.unpack(in.getLong(at + Entries.H_KEY)),
                    client(in, at + Entries.H_ASSOCIATION, flags),
                    address(in, at + Entries.H_SOURCE),
                    tunnel(in, at + Entries.H_TUNNEL),
                    pool(in, at, at + Entries.H_ASSOCIATION),
                    time(in, at + Entries.H_FROM),
                    time(in, at + Entries.H_TO),
                    Entries.ENDS.get(flags & ~Entries.IS_DUID));
        } catch (IllegalArgumentException | IndexOutOfBoundsException | DateTimeException senseless) {
            throw problem("entry of the history", senseless);
        }
    }

    private static StoreProblem problem(String what, RuntimeException senseless) {
        return new StoreProblem(
                StoreFailure.UNREADABLE, "A stored " + what + " makes no sense: " + senseless.getMessage(), senseless);
    }

    private static Instant time(ByteBuffer in, int at) {
        return Instant.ofEpochSecond(in.getLong(at));
    }

    private static Ipv6Address address(ByteBuffer in, int at) {
        return new Ipv6Address(in.getLong(at), in.getLong(at + Long.BYTES));
    }

    private Ipv6Address tunnel(ByteBuffer in, int at) {
        Ipv6Address last = lastTunnel;
        if (last.high() == in.getLong(at) && last.low() == in.getLong(at + Long.BYTES)) {
            return last;
        }
        lastTunnel = address(in, at);
        return lastTunnel;
    }

    private static ClientId client(ByteBuffer in, int at, int flags) {
        byte[] identity = new byte[in.getShort(at + 4) & 0xFFFF];
        in.get(at + 6, identity);
        String text = (flags & Entries.IS_DUID) != 0
                ? Entries.DUID + HexFormat.of().formatHex(identity)
                : new String(identity, StandardCharsets.UTF_8);
        return new ClientId(text, in.getInt(at));
    }

    private String pool(ByteBuffer in, int at, int client) {
        int start = client + 6 + (in.getShort(client + 4) & 0xFFFF);
        int length = at + Entries.length(in, at) - start;
        if (length < 0) {
            throw new IllegalArgumentException("its client does not fit into it");
        }
        String last = lastPool;
        if (length == last.length() && isAscii(in, start, last)) {
            return last;
        }
        byte[] bytes = new byte[length];
        in.get(start, bytes);
        String name = new String(bytes, StandardCharsets.UTF_8);
        if (pools.size() > MOST_NAMES) {
            pools.clear();
        }
        lastPool = pools.computeIfAbsent(name, same -> same);
        return lastPool;
    }

    private static boolean isAscii(ByteBuffer in, int start, String text) {
        for (int i = 0; i < text.length(); i++) {
            if (in.get(start + i) != text.charAt(i) || text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }
}
