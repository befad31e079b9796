package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv6Address;
import java.util.Arrays;

/** Octets in network order that grow as they are written, up to what fits into one UDP datagram. */
final class OctetWriter {

    private static final int USUAL = 256;

    private byte[] bytes = new byte[USUAL];
    private int length;

    OctetWriter u8(int value) {
        reserve(1);
        bytes[length++] = (byte) value;
        return this;
    }

    OctetWriter u16(int value) {
        return u8(value >>> 8).u8(value);
    }

    OctetWriter u24(int value) {
        return u8(value >>> 16).u16(value);
    }

    OctetWriter u32(long value) {
        return u16((int) (value >>> 16)).u16((int) value);
    }

    OctetWriter u64(long value) {
        return u32(value >>> 32).u32(value);
    }

    OctetWriter address(Ipv6Address address) {
        return u64(address.high()).u64(address.low());
    }

    OctetWriter octets(Octets octets) {
        reserve(octets.length());
        octets.copyTo(bytes, length);
        length += octets.length();
        return this;
    }

    OctetWriter octets(byte[] source, int count) {
        reserve(count);
        System.arraycopy(source, 0, bytes, length, count);
        length += count;
        return this;
    }

    /** Leaves room for a length, to be filled in by {@link #endLength}. */
    int beginLength() {
        u16(0);
        return length;
    }

    void endLength(int begin) {
        int size = length - begin;
        bytes[begin - 2] = (byte) (size >>> 8);
        bytes[begin - 1] = (byte) size;
    }

    byte[] toBytes() {
        return Arrays.copyOf(bytes, length);
    }

    private void reserve(int count) {
        if (length + count > MessageCodec.LONGEST_DATAGRAM) {
            throw new IllegalArgumentException("the message does not fit into a UDP datagram");
        }
        if (length + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + count));
        }
    }
}
