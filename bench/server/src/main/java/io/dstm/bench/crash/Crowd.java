package io.dstm.bench.crash;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet.PortRange;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.PortRanges;

/** What clients put into an IA_DSTM. */
final class Crowd {

    /** Says that the client can live with a port set. */
    static final Option ANY_PORTS = new Option.DstmPorts(new PortRange(0, 0xFFFF));

    private Crowd() {}

    /** The lease a client has. */
    static Options describe(LeaseKey key) {
        Options options = Options.of(new Option.IaAddress(Ipv6Address.mapped(key.address()), 0, 0, Options.NONE));
        for (PortRange range : PortRanges.of(key.ports())) {
            options = options.and(new Option.DstmPorts(range));
        }
        return key.ports().isFull() ? options.and(ANY_PORTS) : options;
    }
}
