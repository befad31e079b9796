package io.dstm.api.datapath;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A list of packets, each a place and a length in a {@link PacketMemory}. The list lies in a direct buffer of its own in the
 * machine's byte order, eight bytes an entry (offset, length), so that a native call reads or writes it whole.
 */
public final class PacketBatch {

    private static final int ENTRY = 8;

    private final PacketMemory memory;
    private final ByteBuffer entries;
    private final int capacity;
    private int count;

    /** An empty batch for at most {@code capacity} packets of {@code memory}. */
    public PacketBatch(PacketMemory memory, int capacity) {
        this.memory = memory;
        this.capacity = capacity;
        this.entries = ByteBuffer.allocateDirect(capacity * ENTRY).order(ByteOrder.nativeOrder());
    }

    /** Where the packets lie. */
    public PacketMemory memory() {
        return memory;
    }

    /** The list as a native call sees it. */
    public ByteBuffer entries() {
        return entries;
    }

    /** How many packets fit. */
    public int capacity() {
        return capacity;
    }

    /** How many packets there are. */
    public int count() {
        return count;
    }

    /** Says how many entries a native call has filled. */
    public void setCount(int newCount) {
        if (newCount < 0 || newCount > capacity) {
            throw new IllegalArgumentException(newCount + " packets in a batch of " + capacity);
        }
        count = newCount;
    }

    /** Where packet {@code index} begins in the memory. */
    public int offset(int index) {
        return entries.getInt(index * ENTRY);
    }

    /** The length of packet {@code index} in bytes. */
    public int length(int index) {
        return entries.getInt(index * ENTRY + 4);
    }

    /** Appends a packet; false if the batch is full. */
    public boolean add(int offset, int length) {
        if (count == capacity) {
            return false;
        }
        entries.putInt(count * ENTRY, offset);
        entries.putInt(count * ENTRY + 4, length);
        count++;
        return true;
    }

    /** Empties the batch. */
    public void clear() {
        count = 0;
    }
}
