package io.dstm.bench.tep;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import java.nio.ByteBuffer;

/**
 * Writes batches of UDP packets of 78 bytes to or from clients drawn at random, headers and all, where a device would have put
 * them. It looks nothing up in memory, so that the caches belong to the rules.
 */
final class Traffic {

    /** IPv4 header, UDP header, 50 bytes of data. */
    static final int LENGTH = 78;

    private static final int WORLD = 0xC633_6405;
    private static final int WORLD_PORT = 53;
    private static final long FIRST_WORDS = 0x4500_0000_0000_4000L | (long) LENGTH << 32;
    private static final int TTL_AND_PROTOCOL = 64 << 24 | IpProtocol.UDP << 16;
    /** What the checksum covers that is the same in all packets. */
    private static final int CONSTANT_SUM =
            0x4500 + LENGTH + 0x4000 + (TTL_AND_PROTOCOL >>> 16) + (WORLD >>> 16) + (WORLD & 0xFFFF);

    private final PacketMemory memory;
    private final ByteBuffer bytes;
    private final PacketBatch batch;
    private final int clients;
    private long random;

    Traffic(PacketMemory memory, int clients, long seed) {
        this.memory = memory;
        this.bytes = memory.bytes();
        this.batch = new PacketBatch(memory, memory.slots());
        this.clients = clients;
        this.random = seed;
    }

    /** A batch of packets to clients. */
    PacketBatch fromWorld() {
        batch.clear();
        for (int i = 0; i < memory.slots(); i++) {
            int at = memory.slotStart(i);
            int number = next();
            int client = client(number);
            writeIpv4(at, number, WORLD, Clients.address(client));
            int port = Clients.firstPort(client) | number & (1 << Clients.PORT_BITS) - 1;
            bytes.putLong(at + Ipv4Header.LENGTH, (long) WORLD_PORT << 48 | (long) port << 32 | LENGTH - 20L << 16);
            batch.add(at, LENGTH);
        }
        return batch;
    }

    /** A batch of packets out of clients' tunnels. */
    PacketBatch fromClients() {
        batch.clear();
        for (int i = 0; i < memory.slots(); i++) {
            int outer = memory.slotStart(i);
            int at = outer + Ipv6Header.LENGTH;
            int number = next();
            int client = client(number);
            Ipv6Header.write(
                    bytes,
                    outer,
                    0,
                    LENGTH,
                    IpProtocol.IPV4,
                    64,
                    Clients.tunnelHigh(client),
                    Clients.tunnelLow(client),
                    Clients.TEP.high(),
                    Clients.TEP.low());
            writeIpv4(at, number, Clients.address(client), WORLD);
            int port = Clients.firstPort(client) | number & (1 << Clients.PORT_BITS) - 1;
            bytes.putLong(at + Ipv4Header.LENGTH, (long) port << 48 | (long) WORLD_PORT << 32 | LENGTH - 20L << 16);
            batch.add(outer, Ipv6Header.LENGTH + LENGTH);
        }
        return batch;
    }

    private void writeIpv4(int at, int number, int source, int destination) {
        int id = number & 0xFFFF;
        int client = source == WORLD ? destination : source;
        int sum = CONSTANT_SUM + id + (client >>> 16) + (client & 0xFFFF);
        sum = (sum >>> 16) + (sum & 0xFFFF);
        sum = (sum >>> 16) + (sum & 0xFFFF);
        bytes.putLong(at, FIRST_WORDS | (long) id << 16);
        bytes.putInt(at + 8, TTL_AND_PROTOCOL | ~sum & 0xFFFF);
        bytes.putInt(at + 12, source);
        bytes.putInt(at + 16, destination);
    }

    private int next() {
        long x = random;
        x ^= x << 13;
        x ^= x >>> 7;
        x ^= x << 17;
        random = x;
        return (int) (x >>> 32);
    }

    private int client(int number) {
        return (int) ((number & 0xFFFF_FFFFL) * clients >>> 32);
    }
}
