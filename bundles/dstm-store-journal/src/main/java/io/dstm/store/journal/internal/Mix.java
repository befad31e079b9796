package io.dstm.store.journal.internal;

import java.nio.ByteBuffer;

/** Hashes, the same in every process, since files hold them. */
final class Mix {

    private Mix() {}

    /** The finaliser of SplitMix64. */
    static long mix(long value) {
        long mixed = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }

    /** 64 bits for the octets from {@code start} inclusive to {@code end} exclusive. */
    static long hash(ByteBuffer buffer, int start, int end) {
        long hash = (long) end - start;
        int at = start;
        for (; at + Long.BYTES <= end; at += Long.BYTES) {
            hash = mix(hash ^ buffer.getLong(at));
        }
        long rest = 0;
        for (; at < end; at++) {
            rest = rest << Byte.SIZE | buffer.get(at) & 0xFF;
        }
        return mix(hash ^ rest);
    }
}
