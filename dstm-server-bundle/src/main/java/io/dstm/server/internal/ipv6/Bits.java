package io.dstm.server.internal.ipv6;

import io.dstm.api.net.Ipv6Address;

/** Arithmetic on addresses as unsigned 128-bit numbers; results beyond either end wrap. */
final class Bits {

    private Bits() {}

    /** 2^exponent, 0 to 127. */
    static Ipv6Address power(int exponent) {
        return exponent >= 64 ? new Ipv6Address(1L << (exponent - 64), 0) : new Ipv6Address(0, 1L << exponent);
    }

    static Ipv6Address plus(Ipv6Address a, Ipv6Address b) {
        long low = a.low() + b.low();
        long carry = Long.compareUnsigned(low, a.low()) < 0 ? 1 : 0;
        return new Ipv6Address(a.high() + b.high() + carry, low);
    }

    static Ipv6Address minus(Ipv6Address a, Ipv6Address b) {
        long borrow = Long.compareUnsigned(a.low(), b.low()) < 0 ? 1 : 0;
        return new Ipv6Address(a.high() - b.high() - borrow, a.low() - b.low());
    }

    static Ipv6Address next(Ipv6Address a) {
        return plus(a, new Ipv6Address(0, 1));
    }

    static Ipv6Address previous(Ipv6Address a) {
        return minus(a, new Ipv6Address(0, 1));
    }

    /** {@code a} with all bits behind {@code length} cleared. */
    static Ipv6Address alignDown(Ipv6Address a, int length) {
        long high = length >= 64 ? a.high() : length == 0 ? 0 : a.high() & -1L << (64 - length);
        long low = length <= 64 ? 0 : a.low() & -1L << (128 - length);
        return new Ipv6Address(high, low);
    }

    /** The last address of the block of {@code length} that {@code a} is in. */
    static Ipv6Address lastOf(Ipv6Address a, int length) {
        long high = length >= 64 ? a.high() : length == 0 ? -1L : a.high() | ~(-1L << (64 - length));
        long low = length <= 64 ? -1L : length == 128 ? a.low() : a.low() | ~(-1L << (128 - length));
        return new Ipv6Address(high, low);
    }

    /** The first block of {@code length} that begins at {@code a} or later; below {@code a} if there is none. */
    static Ipv6Address alignUp(Ipv6Address a, int length) {
        Ipv6Address down = alignDown(a, length);
        return down.equals(a) ? a : next(lastOf(a, length));
    }

    /** The exponent of the highest bit that is set, or -1. */
    static int highestBit(Ipv6Address a) {
        return a.high() != 0
                ? 127 - Long.numberOfLeadingZeros(a.high())
                : a.low() != 0 ? 63 - Long.numberOfLeadingZeros(a.low()) : -1;
    }

    static Ipv6Address min(Ipv6Address a, Ipv6Address b) {
        return a.compareTo(b) <= 0 ? a : b;
    }

    static Ipv6Address max(Ipv6Address a, Ipv6Address b) {
        return a.compareTo(b) >= 0 ? a : b;
    }
}
