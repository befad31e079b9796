package io.dstm.client.internal.tunnel;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;

/** Copies of packets that wait for a lease, bounded in number and bytes. Callers hold the tunnel's lock. */
final class WaitingPackets {

    /** Room for as many full packets as may wait is not needed: what waits are SYNs, queries and echo requests. */
    private static final int BYTES_PER_PACKET = 512;

    private final int mostPackets;
    private final long mostBytes;
    private final ArrayDeque<byte[]> packets = new ArrayDeque<>();
    private long held;

    WaitingPackets(int mostPackets) {
        this.mostPackets = mostPackets;
        this.mostBytes = (long) mostPackets * BYTES_PER_PACKET;
    }

    /** Copies a packet; false if it does not fit. */
    boolean add(ByteBuffer bytes, int at, int length) {
        if (packets.size() >= mostPackets || held + length > mostBytes) {
            return false;
        }
        byte[] copy = new byte[length];
        bytes.get(at, copy);
        packets.add(copy);
        held += length;
        return true;
    }

    /** Takes all packets in the order in which they came. */
    byte[][] takeAll() {
        byte[][] all = packets.toArray(byte[][]::new);
        packets.clear();
        held = 0;
        return all;
    }

    int size() {
        return packets.size();
    }
}
