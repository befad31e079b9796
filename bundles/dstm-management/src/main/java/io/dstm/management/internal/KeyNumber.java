package io.dstm.management.internal;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;

/** A key as a number that grows with address, lowest port and length of the PSID, and from which the key can be told. */
final class KeyNumber {

    private static final int LENGTH_SHIFT = 4;
    private static final int PORT_SHIFT = 9;
    private static final int ADDRESS_SHIFT = 25;

    private KeyNumber() {}

    /** The number of a key. */
    static long of(LeaseKey key) {
        PortSet ports = key.ports();
        return first(key.address().toUnsignedLong())
                | (long) ports.firstPort() << PORT_SHIFT
                | (long) ports.psidLength() << LENGTH_SHIFT
                | ports.offset();
    }

    /** The smallest number of any key of an address, which may be one beyond the last there is. */
    static long first(long address) {
        return address << ADDRESS_SHIFT;
    }

    /** The key of a number. */
    static LeaseKey toKey(long number) {
        int offset = (int) number & (1 << LENGTH_SHIFT) - 1;
        int length = (int) (number >>> LENGTH_SHIFT) & (1 << PORT_SHIFT - LENGTH_SHIFT) - 1;
        int firstPort = (int) (number >>> PORT_SHIFT) & 0xFFFF;
        int psid = firstPort >>> 16 - offset - length & (1 << length) - 1;
        return new LeaseKey(
                new Ipv4Address((int) (number >>> ADDRESS_SHIFT)),
                offset == 0 && length == 0 ? PortSet.FULL : new PortSet(offset, length, psid));
    }
}
