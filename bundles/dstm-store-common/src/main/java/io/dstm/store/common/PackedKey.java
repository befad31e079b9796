package io.dstm.store.common;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;

/** A lease's key as a number; those of one address are neighbours. */
public final class PackedKey {

    private static final int ADDRESS_SHIFT = 25;

    /** How many packed keys an address has. */
    public static final long KEYS_PER_ADDRESS = 1L << ADDRESS_SHIFT;

    private static final int OFFSET_SHIFT = 21;
    private static final int LENGTH_SHIFT = 16;

    private PackedKey() {}

    /** The number that stands for a key; not negative. */
    public static long pack(LeaseKey key) {
        PortSet ports = key.ports();
        return key.address().toUnsignedLong() << ADDRESS_SHIFT
                | (long) ports.offset() << OFFSET_SHIFT
                | (long) ports.psidLength() << LENGTH_SHIFT
                | ports.psid();
    }

    /**
     * The key that a number stands for.
     *
     * @throws IllegalArgumentException if it stands for none
     */
    public static LeaseKey unpack(long packed) {
        if (packed < 0 || packed >>> (ADDRESS_SHIFT + Integer.SIZE) != 0) {
            throw new IllegalArgumentException("lease_key " + packed + " is out of range");
        }
        PortSet ports = new PortSet(
                (int) (packed >>> OFFSET_SHIFT) & 0xF, (int) (packed >>> LENGTH_SHIFT) & 0x1F, (int) packed & 0xFFFF);
        return new LeaseKey(new Ipv4Address((int) (packed >>> ADDRESS_SHIFT)), ports);
    }
}
