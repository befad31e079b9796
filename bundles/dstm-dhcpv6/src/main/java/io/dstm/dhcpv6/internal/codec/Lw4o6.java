package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Option.S46Br;
import io.dstm.dhcpv6.internal.codec.Option.S46ContLw;
import io.dstm.dhcpv6.internal.codec.Option.S46PortParams;
import io.dstm.dhcpv6.internal.codec.Option.S46V4V6Bind;
import java.util.List;
import java.util.Optional;

/** What an lw4o6 container says (RFC 7598 section 5.3). */
public final class Lw4o6 {

    private Lw4o6() {}

    /**
     * The content of a good container.
     *
     * @param key the address and ports
     * @param prefix what the client's tunnel address is in
     * @param tunnelAddresses the TEP's end, best first
     */
    public record Softwire(LeaseKey key, Ipv6Prefix prefix, List<Ipv6Address> tunnelAddresses) {

        /** Keeps the list unchangeable. */
        public Softwire {
            tunnelAddresses = List.copyOf(tunnelAddresses);
        }
    }

    /** The container of a lease, in the order in which Kea writes it; the prefix is {@link #bindPrefix}'s. */
    public static S46ContLw container(LeaseKey key, Ipv6Address tunnelSource, Ipv6Address tunnelAddress) {
        Options ports = key.ports().isFull() ? Options.NONE : Options.of(new S46PortParams(key.ports()));
        return new S46ContLw(Options.of(
                new S46Br(tunnelAddress), new S46V4V6Bind(key.address(), bindPrefix(key, tunnelSource), ports)));
    }

    /**
     * The prefix from which RFC 7596 figure 3 makes {@code tunnelSource}: its /64 when the interface identifier is the one of the
     * figure, else the whole address, which leaves the figure nothing to fill in.
     */
    public static Ipv6Prefix bindPrefix(LeaseKey key, Ipv6Address tunnelSource) {
        Ipv6Prefix subnet = Ipv6Prefix.of(tunnelSource, 64);
        return subnet.tunnelAddress(key.address(), key.ports()).equals(tunnelSource)
                ? subnet
                : new Ipv6Prefix(tunnelSource, 128);
    }

    /**
     * Reads a container by the rules of RFC 7598 table 1; empty if it breaks one ("MUST silently ignore such container options")
     * or has no binding to use.
     */
    public static Optional<Softwire> read(S46ContLw container) {
        List<Ipv6Address> tunnelAddresses =
                container.options().all(S46Br.class).map(S46Br::address).toList();
        List<S46V4V6Bind> bindings = container.options().all(S46V4V6Bind.class).toList();
        boolean portsOutside = container.options().has(S46PortParams.class);
        if (tunnelAddresses.isEmpty() || bindings.size() != 1 || portsOutside) {
            return Optional.empty();
        }
        S46V4V6Bind binding = bindings.get(0);
        List<PortSet> ports = binding.options()
                .all(S46PortParams.class)
                .map(S46PortParams::ports)
                .toList();
        if (ports.size() > 1) {
            return Optional.empty();
        }
        PortSet set = ports.isEmpty() || ports.get(0).psidLength() == 0 ? PortSet.FULL : ports.get(0);
        return Optional.of(new Softwire(new LeaseKey(binding.address(), set), binding.prefix(), tunnelAddresses));
    }
}
