package io.dstm.api.datapath;

/**
 * What leaves after a batch was judged. Packets lie in the memory of the batch that came in: where they arrived, moved within
 * their headroom, or in a spare slot. Both lists are sent, and all spares free again, after the processor returns.
 */
public final class PacketOutput {

    /** The rules may put several packets into a spare slot: this many of 1500 bytes with their headers fit a slot of 64 KB. */
    private static final int PACKETS_A_SPARE = 40;

    private final PacketMemory memory;
    private final PacketBatch toIpv4;
    private final PacketBatch toIpv6;
    private int sparesUsed;

    /** An output for packets of {@code memory}. */
    public PacketOutput(PacketMemory memory) {
        this.memory = memory;
        int capacity = memory.slots() + PACKETS_A_SPARE * memory.spares();
        this.toIpv4 = new PacketBatch(memory, capacity);
        this.toIpv6 = new PacketBatch(memory, capacity);
    }

    /** Where the packets lie. */
    public PacketMemory memory() {
        return memory;
    }

    /** What leaves on the IPv4 side. */
    public PacketBatch toIpv4() {
        return toIpv4;
    }

    /** What leaves on the IPv6 side. */
    public PacketBatch toIpv6() {
        return toIpv6;
    }

    /** The start of a spare slot's packet area, {@link PacketMemory#longestPacket()} bytes long; -1 if none is left. */
    public int takeSpare() {
        return sparesUsed == memory.spares() ? -1 : memory.spareStart(sparesUsed++);
    }

    /** Empties both lists and frees the spares. */
    public void clear() {
        toIpv4.clear();
        toIpv6.clear();
        sparesUsed = 0;
    }
}
