package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.net.PortSet.PortRange;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.DstmPorts;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.PortRanges;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Which lease an IA_DSTM names. */
final class LeaseNames {

    private static final List<PortRange> ALL_PORTS = List.of(new PortRange(0, 0xFFFF));

    private LeaseNames() {}

    /**
     * The lease that {@code ia} names by its first IPv4-mapped address and its port ranges; {@code null} if it has no such address.
     * Ranges can be the same for port sets that are written differently, and a client may leave them out: the lease it holds
     * decides then.
     *
     * @param holding finds what the client holds
     */
    static @Nullable LeaseKey read(IaDstm ia, Supplier<Optional<Lease>> holding) {
        if (ia.options().list().isEmpty()) {
            return null;
        }
        Optional<Ipv4Address> address = Optional.empty();
        List<PortRange> ranges = new ArrayList<>(0);
        for (Option option : ia.options().list()) {
            if (option instanceof IaAddress named && address.isEmpty()) {
                address = named.address().unmapped().filter(mapped -> !mapped.equals(Ipv4Address.UNSPECIFIED));
            } else if (option instanceof DstmPorts ports) {
                ranges.add(ports.range());
            }
        }
        if (address.isEmpty()) {
            return null;
        }
        Optional<Lease> held = holding.get();
        boolean unnamed = ranges.isEmpty();
        if (ranges.equals(ALL_PORTS)) {
            ranges = List.of();
        }
        if (held.isPresent() && held.get().address().equals(address.get())) {
            if (unnamed || PortRanges.of(held.get().ports()).equals(ranges)) {
                return held.get().key();
            }
        }
        return new LeaseKey(address.get(), PortRanges.toPortSet(ranges).orElse(PortSet.FULL));
    }
}
