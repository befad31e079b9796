package io.dstm.datapath.internal.testing;

import io.dstm.api.datapath.Datapath.Specification;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/**
 * A TEP between a node and a server, each a network of its own. What the node's end of the tunnel is, tests say.
 *
 * <pre>
 *   node ==== wire0 (IPv6) wire1 ==== tep ---- link0 (IPv4) link1 ---- server
 * </pre>
 */
public final class TepNetwork implements AutoCloseable {

    /** The node's end of the tunnel. */
    public static final String NODE = "2001:db8::1";
    /** The TEP's end of the tunnel. */
    public static final String TEP = "2001:db8::2";
    /** The address that the node has through the tunnel. */
    public static final String LEASED = "192.0.2.1";
    /** The server's address. */
    public static final String WORLD = "198.51.100.5";
    /** What the TEP serves. */
    public static final List<Ipv4Range> SERVED = List.of(Ipv4Range.parse("192.0.2.0/24"));
    /** A client's longest packet. */
    public static final int LONGEST = 1460;

    private final Isolated node = Isolated.create();
    private final Isolated tep = Isolated.create();
    private final Isolated server = Isolated.create();

    /** Lays the cables. */
    public TepNetwork() {
        node.cable(tep, "wire0", NODE, "wire1", TEP);
        tep.sh("ip link add link0 type veth peer name link1 netns " + server.netns()
                + " && ip link set link0 up && ip addr add 198.51.100.1/24 dev link0"
                + " && sysctl -qw net.ipv4.ip_forward=1");
        server.sh("ip link set link1 up && ip addr add " + WORLD + "/24 dev link1"
                + " && ip route add default via 198.51.100.1");
    }

    /** The node. */
    public Isolated node() {
        return node;
    }

    /** The TEP. */
    public Isolated tep() {
        return tep;
    }

    /** The server. */
    public Isolated server() {
        return server;
    }

    /** The TEP's tunnel, for which {@link #rules} are good. */
    public static Specification tunnel() {
        return new Specification("dstm-tep", 65535, List.of(Ipv6Address.parse(TEP)), 64, LONGEST);
    }

    /** Rules that carry whatever comes. */
    public static Encapsulator rules() {
        return new Encapsulator(TEP, NODE);
    }

    /** The node's binding, for an hour. */
    public static Binding binding() {
        return new Binding(
                new LeaseKey(Ipv4Address.parse(LEASED), PortSet.FULL),
                Ipv6Address.parse(NODE),
                Ipv6Address.parse(TEP),
                Instant.now().plusSeconds(3600));
    }

    /** Tells a fast path all but the bindings. */
    public static FastPath configured(FastPath path) {
        path.setClock(Instant.now().getEpochSecond());
        path.configure(new FastPath.Settings(Ipv4Address.parse("192.0.0.1"), 1500, 0, 64, 0xFF));
        return path;
    }

    /** Tells it the binding. */
    public void fill(FastPath path) {
        tep.run(() -> path.replace(SERVED, List.of(binding())));
    }

    @Override
    public void close() throws IOException {
        node.close();
        tep.close();
        server.close();
    }
}
