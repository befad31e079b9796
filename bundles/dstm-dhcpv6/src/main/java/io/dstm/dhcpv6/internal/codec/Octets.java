package io.dstm.dhcpv6.internal.codec;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;

/** Some octets that nobody can change; equal when their content is. */
public final class Octets {

    /** No octets. */
    public static final Octets NONE = new Octets(new byte[0]);

    /** Keeps strangers from choosing octets that fall into one place of the tables. */
    private static final long SEED = new SplittableRandom().nextLong();

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private final byte[] bytes;

    /** 0 until somebody asks. */
    private int hash;

    private Octets(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A copy of {@code bytes}. */
    public static Octets of(byte... bytes) {
        return new Octets(bytes.clone());
    }

    /** A copy of the octets {@code from} (inclusive) to {@code to} (exclusive). */
    static Octets ofRange(byte[] bytes, int from, int to) {
        return new Octets(Arrays.copyOfRange(bytes, from, to));
    }

    /**
     * Reads hexadecimal digits, two per octet.
     *
     * @throws IllegalArgumentException if the text is anything else
     */
    public static Octets parse(String hex) {
        return new Octets(HexFormat.of().parseHex(hex));
    }

    /** How many. */
    public int length() {
        return bytes.length;
    }

    /** A copy. */
    public byte[] toBytes() {
        return bytes.clone();
    }

    void copyTo(byte[] target, int offset) {
        System.arraycopy(bytes, 0, target, offset, bytes.length);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Octets octets && Arrays.equals(bytes, octets.bytes);
    }

    @Override
    public int hashCode() {
        int known = hash;
        if (known == 0) {
            known = (int) (fingerprint() >>> 32);
            hash = known;
        }
        return known;
    }

    /** Bits that are the same for the same octets within this process, and that strangers cannot foresee. */
    public long fingerprint() {
        long mixed = SEED + bytes.length;
        int position = 0;
        for (; position + Long.BYTES <= bytes.length; position += Long.BYTES) {
            mixed = mix(mixed ^ (long) WORD.get(bytes, position));
        }
        long last = 0;
        for (; position < bytes.length; position++) {
            last = last << Byte.SIZE | bytes[position] & 0xFF;
        }
        return mix(mixed ^ last);
    }

    private static long mix(long bits) {
        long mixed = (bits ^ bits >>> 32) * 0x9E3779B97F4A7C15L;
        return mixed ^ mixed >>> 29;
    }

    /** Lower-case hexadecimal digits. */
    @Override
    public String toString() {
        return HexFormat.of().formatHex(bytes);
    }
}
