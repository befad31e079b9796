package io.dstm.server.internal.client;

import io.dstm.api.lease.ClientId;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;

/**
 * A {@link ClientId} packed: a DUID takes its octets and not twice as many digits, which over a million leases is what memory goes
 * into. Equal exactly if the identities are.
 */
public final class ClientKey {

    /** Keeps strangers from choosing identities that fall into one place of the tables. */
    private static final long SEED = new SplittableRandom().nextLong();

    private static final String DUID = "duid:";
    private static final String DECLINED = "declined:";
    private static final String WITHDRAWN = "withdrawn:";
    private static final HexFormat HEX = HexFormat.of();

    private static final byte AS_DUID = 1;
    private static final byte AS_DECLINED_DUID = 2;
    private static final byte AS_TEXT = 3;
    private static final byte AS_WITHDRAWN_DUID = 4;

    private final byte[] packed;
    private final int association;
    private final int hash;

    private ClientKey(byte[] packed, int association) {
        this.packed = packed;
        this.association = association;
        this.hash = (int) (mix(SEED) >>> 32);
    }

    /** Packs an identity. */
    public static ClientKey of(ClientId client) {
        String identity = client.identity();
        if (identity.startsWith(DECLINED + DUID)) {
            byte[] duid = octets(identity, DECLINED.length() + DUID.length(), AS_DECLINED_DUID);
            return new ClientKey(duid.length > 0 ? duid : text(identity), client.association());
        }
        if (identity.startsWith(WITHDRAWN + DUID)) {
            byte[] duid = octets(identity, WITHDRAWN.length() + DUID.length(), AS_WITHDRAWN_DUID);
            return new ClientKey(duid.length > 0 ? duid : text(identity), client.association());
        }
        byte[] duid = identity.startsWith(DUID) ? octets(identity, DUID.length(), AS_DUID) : new byte[0];
        return new ClientKey(duid.length > 0 ? duid : text(identity), client.association());
    }

    /** The octets written from {@code start}, behind a tag; empty if it is anything but pairs of lower-case digits. */
    private static byte[] octets(String identity, int start, byte tag) {
        int digits = identity.length() - start;
        if ((digits & 1) != 0) {
            return new byte[0];
        }
        byte[] octets = new byte[1 + digits / 2];
        octets[0] = tag;
        for (int i = 1; i < octets.length; i++) {
            int high = digit(identity.charAt(start + 2 * i - 2));
            int low = digit(identity.charAt(start + 2 * i - 1));
            if (high < 0 || low < 0) {
                return new byte[0];
            }
            octets[i] = (byte) (high << 4 | low);
        }
        return octets;
    }

    private static int digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    }

    private static byte[] text(String identity) {
        byte[] units = new byte[1 + 2 * identity.length()];
        units[0] = AS_TEXT;
        for (int i = 0; i < identity.length(); i++) {
            units[1 + 2 * i] = (byte) (identity.charAt(i) >>> 8);
            units[2 + 2 * i] = (byte) identity.charAt(i);
        }
        return units;
    }

    /**
     * The holder of record of a declined address: readable for operators, and equal to no client, so that nobody gets the address
     * back by asking for its own.
     */
    public ClientKey declined() {
        return marked(DECLINED, AS_DECLINED_DUID);
    }

    /** As {@link #declined()}, of an address that the operator took back. */
    public ClientKey withdrawn() {
        return marked(WITHDRAWN, AS_WITHDRAWN_DUID);
    }

    private ClientKey marked(String mark, byte tag) {
        if (packed[0] != AS_DUID) {
            String identity = toClientId().identity();
            String marked = isNobody() ? identity : mark + identity;
            return of(new ClientId(marked.substring(0, Math.min(marked.length(), 300)), association));
        }
        byte[] copy = packed.clone();
        copy[0] = tag;
        return new ClientKey(copy, association);
    }

    /** Whether this is the holder of record of an address that rests for nobody: declined or withdrawn. */
    public boolean isNobody() {
        if (packed[0] == AS_TEXT) {
            String identity = toClientId().identity();
            return identity.startsWith(DECLINED) || identity.startsWith(WITHDRAWN);
        }
        return packed[0] != AS_DUID;
    }

    /** Bits, not negative, that are the same for everything one client has or has declined, and that strangers cannot foresee. */
    public long ownerHash() {
        long mixed = mixOctet(SEED, packed[0] == AS_DECLINED_DUID ? AS_DUID : packed[0]);
        for (int i = 1; i < packed.length; i++) {
            mixed = mixOctet(mixed, packed[i]);
        }
        return finish(mixed) >>> 1;
    }

    /** Unpacks it. */
    public ClientId toClientId() {
        if (packed[0] == AS_TEXT) {
            StringBuilder identity = new StringBuilder(packed.length / 2);
            for (int i = 1; i < packed.length; i += 2) {
                identity.append((char) ((packed[i] & 0xFF) << 8 | packed[i + 1] & 0xFF));
            }
            return new ClientId(identity.toString(), association);
        }
        String digits = HEX.formatHex(packed, 1, packed.length);
        String mark =
                switch (packed[0]) {
                    case AS_DECLINED_DUID -> DECLINED;
                    case AS_WITHDRAWN_DUID -> WITHDRAWN;
                    default -> "";
                };
        return new ClientId(mark + DUID + digits, association);
    }

    /** Well-mixed bits that are the same for this client in every process. */
    public long stableHash() {
        return mix(0);
    }

    private long mix(long seed) {
        long mixed = seed ^ association;
        for (byte octet : packed) {
            mixed = mixOctet(mixed, octet);
        }
        return finish(mixed);
    }

    private static long mixOctet(long mixed, byte octet) {
        long next = (mixed ^ octet) * 0x9E3779B97F4A7C15L;
        return next ^ next >>> 29;
    }

    private static long finish(long bits) {
        long mixed = (bits ^ bits >>> 33) * 0xFF51AFD7ED558CCDL;
        mixed = (mixed ^ mixed >>> 33) * 0xC4CEB9FE1A85EC53L;
        return mixed ^ mixed >>> 33;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClientKey that
                && association == that.association
                && hash == that.hash
                && Arrays.equals(packed, that.packed);
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return toClientId().toString();
    }
}
