package io.dstm.api.datapath;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntFunction;

/**
 * The memory of one packet thread: equal slots in one direct buffer, so that a native call can fill many at once and a packet can
 * be encapsulated where it lies. Received packets begin {@link #HEADROOM} into their slot; spare slots behind them serve packets
 * that the rules make. Not for sharing between threads.
 */
public final class PacketMemory {

    /** Free bytes before a received packet: an IPv6 header, a Fragment header, a Destination Options header, rounded up. */
    public static final int HEADROOM = 64;

    private final int slots;
    private final int spares;
    private final int slotSize;
    private final ByteBuffer bytes;

    /**
     * Takes the memory.
     *
     * @param slots how many packets one batch receives
     * @param spares how many packets the rules may make for one batch
     * @param slotSize bytes of a slot, headroom included; a multiple of 64
     */
    public PacketMemory(int slots, int spares, int slotSize) {
        this(slots, spares, slotSize, ByteBuffer::allocateDirect);
    }

    /**
     * Takes the memory from somebody else than the JDK, which writes zeros to all of it and so has the machine give all of it at once.
     *
     * @param slots how many packets one batch receives
     * @param spares how many packets the rules may make for one batch
     * @param slotSize bytes of a slot, headroom included; a multiple of 64
     * @param source gives a direct buffer of so many bytes, whatever is in them
     */
    public PacketMemory(int slots, int spares, int slotSize, IntFunction<ByteBuffer> source) {
        if (slots < 1 || spares < 0 || slotSize < 2 * HEADROOM || slotSize % HEADROOM != 0) {
            throw new IllegalArgumentException("packet memory of " + slots + "+" + spares + " slots of " + slotSize);
        }
        this.slots = slots;
        this.spares = spares;
        this.slotSize = slotSize;
        this.bytes = source.apply(Math.multiplyExact(slots + spares, slotSize)).order(ByteOrder.BIG_ENDIAN);
    }

    /** All slots; big-endian. Use absolute reads and writes only: position and limit belong to nobody. */
    public ByteBuffer bytes() {
        return bytes;
    }

    /** How many packets one batch receives. */
    public int slots() {
        return slots;
    }

    /** How many spare slots there are. */
    public int spares() {
        return spares;
    }

    /** Bytes of a slot, headroom included. */
    public int slotSize() {
        return slotSize;
    }

    /** The longest packet a slot can receive. */
    public int longestPacket() {
        return slotSize - HEADROOM;
    }

    /** Where a packet received into slot {@code index} begins. */
    public int slotStart(int index) {
        return index * slotSize + HEADROOM;
    }

    /** Where a packet made in spare {@code index} begins. */
    public int spareStart(int index) {
        return (slots + index) * slotSize + HEADROOM;
    }
}
