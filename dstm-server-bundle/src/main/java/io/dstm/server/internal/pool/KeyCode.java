package io.dstm.server.internal.pool;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;

/**
 * A {@link LeaseKey} packed into a positive {@code long}, so that a million of them cost eight megabytes: 32 bits of address, 4 of
 * PSID offset, 5 of PSID length, 16 of PSID. Order is that of addresses.
 */
public final class KeyCode {

    private static final int ADDRESS_SHIFT = 25;
    private static final int OFFSET_SHIFT = 21;
    private static final int LENGTH_SHIFT = 16;

    private KeyCode() {}

    /** Packs a key. */
    public static long of(LeaseKey key) {
        PortSet ports = key.ports();
        return of(key.address().toUnsignedLong(), ports.offset(), ports.psidLength(), ports.psid());
    }

    /** Packs the parts of a key; {@code address} is an unsigned 32-bit number. */
    public static long of(long address, int offset, int psidLength, int psid) {
        return address << ADDRESS_SHIFT | (long) offset << OFFSET_SHIFT | (long) psidLength << LENGTH_SHIFT | psid;
    }

    /** Unpacks a key. */
    public static LeaseKey toKey(long code) {
        return new LeaseKey(new Ipv4Address((int) address(code)), ports(code));
    }

    /** The address as an unsigned 32-bit number. */
    public static long address(long code) {
        return code >>> ADDRESS_SHIFT;
    }

    /** The port set. */
    public static PortSet ports(long code) {
        return offset(code) == 0 && psidLength(code) == 0
                ? PortSet.FULL
                : new PortSet(offset(code), psidLength(code), psid(code));
    }

    /** a. */
    public static int offset(long code) {
        return (int) (code >>> OFFSET_SHIFT) & 0xF;
    }

    /** k. */
    public static int psidLength(long code) {
        return (int) (code >>> LENGTH_SHIFT) & 0x1F;
    }

    /** The PSID. */
    public static int psid(long code) {
        return (int) code & 0xFFFF;
    }
}
