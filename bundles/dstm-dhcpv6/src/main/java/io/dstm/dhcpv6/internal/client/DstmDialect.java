package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** IA_DSTM (draft-ietf-dhc-dhcpv6-opt-dstm-01). */
final class DstmDialect implements Dialect {

    @Override
    public String name() {
        return "dhcpv6";
    }

    @Override
    public List<OptionCode> requested() {
        return List.of();
    }

    @Override
    public Option ask(Optional<LeaseKey> key) {
        Options content = key.map(LeaseReader::describe).orElse(Options.of(LeaseReader.ANY_PORTS));
        return new Option.IaDstm(Dhcpv6LeaseSource.IAID, 0, 0, content);
    }

    @Override
    public Verdict read(Message.Direct message, @Nullable LeaseKey held, Ipv6Address source, Instant now) {
        return LeaseReader.read(message, Dhcpv6LeaseSource.IAID, held, source, now);
    }
}
