package io.dstm.datapath.internal.netlink;

import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;

/** The neighbours that the kernel has a hardware address for, and whether news of one are news to whoever kept that address. */
final class Neighbours {

    static final int NEW = 28;
    static final int DELETED = 29;

    /** Fixed part of a neighbour message. */
    static final int FIXED = 12;

    static final int ADDRESS = 1;
    private static final int HARDWARE_ADDRESS = 2;

    /** States in which packets are sent to it: reachable, stale, delay, probe, no ARP, permanent. */
    private static final int VALID = 0x02 | 0x04 | 0x08 | 0x10 | 0x40 | 0x80;

    /** More than a kernel keeps by default; whoever comes when there are as many is always news. */
    private static final int MOST = 100_000;

    /** Which one; buffers are equal by content. */
    private record Key(int device, ByteBuffer address) {}

    private final Map<Key, ByteBuffer> known = new HashMap<>();

    /** Forgets all. */
    void clear() {
        known.clear();
    }

    /** Takes note of a message; true if an address that may have been used before holds no longer. */
    boolean learn(NetlinkMessage message) {
        if (message.body().capacity() < FIXED) {
            return true;
        }
        Map<Integer, ByteBuffer> attributes = message.attributes(FIXED);
        ByteBuffer address = attributes.get(ADDRESS);
        ByteBuffer hardware = attributes.get(HARDWARE_ADDRESS);
        if (address == null) {
            return false;
        }
        Key key = new Key(message.body().getInt(4), copy(address));
        if (message.type() != NEW || hardware == null || (state(message) & VALID) == 0) {
            return known.remove(key) != null || known.size() >= MOST;
        }
        if (known.size() >= MOST && !known.containsKey(key)) {
            return true;
        }
        ByteBuffer before = known.put(key, copy(hardware));
        return before != null && !before.equals(hardware);
    }

    static int state(NetlinkMessage message) {
        return Short.toUnsignedInt(message.body().getShort(8));
    }

    private static ByteBuffer copy(ByteBuffer from) {
        byte[] octets = new byte[from.capacity()];
        from.get(0, octets);
        return ByteBuffer.wrap(octets);
    }
}
