package io.dstm.bench.tep;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import java.time.Instant;
import java.util.AbstractList;
import java.util.List;

/** Clients by number: 64 share an address, each with 1024 ports. All that a packet needs follows from the number. */
final class Clients {

    static final int PSID_LENGTH = 6;
    static final int PORT_BITS = 16 - PSID_LENGTH;
    static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");

    private static final int FIRST_ADDRESS = 10 << 24;
    private static final long FIRST_PREFIX = 0x2001_0DB8_4000_0000L;
    private static final long INTERFACE = 0x0200_5EFF_FE00_5301L;
    private static final Instant LATER = Instant.parse("2100-01-01T00:00:00Z");

    private Clients() {}

    static int address(int client) {
        return FIRST_ADDRESS + (client >>> PSID_LENGTH);
    }

    static int firstPort(int client) {
        return (client & (1 << PSID_LENGTH) - 1) << PORT_BITS;
    }

    static long tunnelHigh(int client) {
        return FIRST_PREFIX + client;
    }

    static long tunnelLow(int client) {
        return INTERFACE;
    }

    static LeaseKey key(int client) {
        PortSet ports = new PortSet(0, PSID_LENGTH, client & (1 << PSID_LENGTH) - 1);
        return new LeaseKey(new Ipv4Address(address(client)), ports);
    }

    static Binding binding(int client) {
        return new Binding(key(client), new Ipv6Address(tunnelHigh(client), tunnelLow(client)), TEP, LATER);
    }

    /** The bindings of {@code count} clients, each made when it is asked for. */
    static List<Binding> bindings(int count) {
        return new AbstractList<>() {
            @Override
            public Binding get(int index) {
                return binding(index);
            }

            @Override
            public int size() {
                return count;
            }
        };
    }
}
