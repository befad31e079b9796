package io.dstm.tep.internal.fuzz;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import java.time.Instant;
import java.util.List;

/** The bindings of the softwire cases, whose packets are the seeds, and who may send what by them, found without the table. */
final class Bindings {

    static final Ipv6Address TEP = Ipv6Address.parse("8:9:a:b:c:d:e:f");
    static final Ipv4Address TEP4 = Ipv4Address.parse("10.10.10.10");

    /** A packet without a port that this class understands. */
    static final int ANY_PORT = -1;

    private static final Instant LATER = Instant.parse("2100-01-01T00:00:00Z");
    private static final String TEP_1 = "1e:1:1:1:1:1:1:af";
    private static final String TEP_2 = "1e:2:2:2:2:2:2:af";
    private static final String SHARER = "127:11:12:13:14:15:16:128";
    private static final String BLOCK = "127:22:33:44:55:66:77:128";

    static final List<Binding> ALL = List.of(
            binding("178.79.150.1", PortSet.FULL, "127:10:20:30:40:50:60:128", TEP),
            binding("178.79.150.234", PortSet.FULL, "127:10:20:30:40:50:60:128", TEP),
            binding("178.79.150.235", PortSet.FULL, "127:10:20:30:50:50:60:128", TEP),
            binding("178.79.150.236", PortSet.FULL, "127:10:20:30:60:50:60:128", TEP),
            binding("178.79.150.3", new PortSet(0, 6, 4), "127:14:25:36:47:58:69:128", Ipv6Address.parse(TEP_2)),
            binding("178.79.150.2", new PortSet(0, 16, 7850), "127:24:35:46:57:68:79:128", Ipv6Address.parse(TEP_1)),
            binding("178.79.150.15", new PortSet(0, 4, 0), BLOCK, TEP),
            binding("178.79.150.15", new PortSet(0, 4, 1), BLOCK, TEP),
            binding("178.79.150.233", new PortSet(0, 16, 80), "127:2:3:4:5:6:7:128", TEP),
            binding("178.79.150.233", new PortSet(0, 16, 2300), SHARER, TEP),
            binding("178.79.150.233", new PortSet(0, 16, 2700), SHARER, TEP),
            binding("178.79.150.233", new PortSet(0, 16, 4660), SHARER, TEP),
            binding("178.79.150.233", new PortSet(0, 16, 7850), SHARER, TEP),
            binding("178.79.150.233", new PortSet(0, 16, 22788), SHARER, TEP),
            binding("178.79.150.233", new PortSet(0, 16, 54192), SHARER, TEP));

    private Bindings() {}

    private static Binding binding(String address, PortSet ports, String source, Ipv6Address tep) {
        return new Binding(new LeaseKey(Ipv4Address.parse(address), ports), Ipv6Address.parse(source), tep, LATER);
    }

    static boolean isTep(Ipv6Address address) {
        return ALL.stream().anyMatch(binding -> binding.tunnelAddress().equals(address));
    }

    /** Whether the client at {@code source} holds {@code port} of {@code address}, or any part of it. */
    static boolean holds(Ipv6Address source, int address, int port) {
        return ALL.stream()
                .anyMatch(binding -> binding.tunnelSource().equals(source)
                        && binding.key().address().value() == address
                        && (port == ANY_PORT || binding.key().ports().contains(port)));
    }
}
