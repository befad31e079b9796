package io.dstm.api.tep;

import io.dstm.api.net.Ipv4Address;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The last packets that ended in one counter.
 *
 * @param counter the counter's name
 * @param since from when on packets are recorded
 * @param until when recording ends unless somebody asks again
 * @param recorded how many packets the counter counted while it was watched
 * @param packets the latest of them, oldest first
 */
public record PacketTrace(String counter, Instant since, Instant until, long recorded, List<Packet> packets) {

    /** Most packets that a trace shows. */
    public static final int MOST_PACKETS = 64;

    /** Keeps the list unchangeable. */
    public PacketTrace {
        packets = List.copyOf(packets);
    }

    /**
     * A packet as it arrived.
     *
     * @param time when it was judged
     * @param fromTunnel whether it came from the tunnel side, else from the IPv4 side
     * @param length its length in bytes
     * @param bytes its beginning, in hexadecimal digits
     * @param headers what these bytes mean, outermost header first
     * @param source what was looked up for its IPv4 source; {@code null} if that was not looked up
     * @param destination the same for its IPv4 destination
     */
    public record Packet(
            Instant time,
            boolean fromTunnel,
            int length,
            String bytes,
            List<Header> headers,
            @Nullable End source,
            @Nullable End destination) {

        /** Keeps the list unchangeable. */
        public Packet {
            headers = List.copyOf(headers);
        }
    }

    /**
     * A header in words.
     *
     * @param name the protocol, such as {@code TCP} or {@code quoted IPv4}
     * @param fields names and values, in the order of their importance
     */
    public record Header(String name, Map<String, String> fields) {

        /** Keeps the map unchangeable, and its order. */
        public Header {
            fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
        }
    }

    /**
     * An end of a packet and the binding that was compared with it.
     *
     * @param address the IPv4 address
     * @param port its port, or identifier of an ICMP query; -1 if the packet has none
     * @param binding the binding that this address and port belonged to at that time; {@code null} if there was none
     */
    public record End(
            Ipv4Address address, int port, @Nullable Binding binding) {}
}
