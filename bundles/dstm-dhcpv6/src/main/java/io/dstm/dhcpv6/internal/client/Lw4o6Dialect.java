package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.dhcpv6.internal.codec.Lw4o6;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaNa;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.Status;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The lw4o6 container (RFC 7598 section 5.3, RFC 7596 section 5.1) beside an IA_NA, whose lifetime is the container's (RFC 7598
 * section 3). The IPv6 address itself is not put to use: the tunnel ends where the container says.
 */
final class Lw4o6Dialect implements Dialect {

    private static final int MOST_ADDRESSES = 16;

    /** The IPv6 address that each IPv4 lease came with. */
    private final Map<LeaseKey, Ipv6Address> addresses = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<LeaseKey, Ipv6Address> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    @Override
    public String name() {
        return "lw4o6";
    }

    @Override
    public List<OptionCode> requested() {
        return List.of(OptionCode.S46_CONT_LW);
    }

    @Override
    public Option ask(Optional<LeaseKey> key) {
        Options content = key.map(addresses::get)
                .map(address -> Options.of(new IaAddress(address, 0, 0, Options.NONE)))
                .orElse(Options.NONE);
        return new IaNa(Dhcpv6LeaseSource.IAID, 0, 0, content);
    }

    @Override
    public Verdict read(Message.Direct message, @Nullable LeaseKey held, Ipv6Address source, Instant now) {
        Optional<Verdict> failed = LeaseReader.failure(message.options());
        if (failed.isPresent()) {
            return failed.get();
        }
        Optional<IaNa> association = message.options()
                .all(IaNa.class)
                .filter(ia -> ia.iaid() == Dhcpv6LeaseSource.IAID)
                .findFirst();
        if (association.isEmpty()
                || association.get().t1() > association.get().t2()
                        && association.get().t2() > 0) {
            return new Verdict.Nothing("the answer has no usable IA_NA");
        }
        IaNa ia = association.get();
        return LeaseReader.failure(ia.options()).orElseGet(() -> read(message, ia, held, now));
    }

    private Verdict read(Message.Direct message, IaNa ia, @Nullable LeaseKey held, Instant now) {
        Optional<IaAddress> address = ia.options()
                .all(IaAddress.class)
                .filter(each -> each.preferred() <= each.valid() && each.valid() > 0)
                .findFirst();
        if (address.isEmpty()) {
            return new Verdict.Refused(Status.NO_BINDING, "the server withdrew the address");
        }
        Optional<Lw4o6.Softwire> found = message.options()
                .all(Option.S46ContLw.class)
                .flatMap(container -> Lw4o6.read(container).stream())
                .findFirst();
        if (found.isEmpty()) {
            return held == null
                    ? new Verdict.Nothing("the answer has no usable lw4o6 container")
                    : new Verdict.Refused(Status.NO_BINDING, "the server has no lw4o6 container any more");
        }
        Lw4o6.Softwire softwire = found.get();
        if (held != null && !softwire.key().equals(held)) {
            // "a new IPv4 address or port set": provisioning starts anew (RFC 7596 section 5.1).
            return new Verdict.Refused(Status.NO_BINDING, "the server has changed the lease to " + softwire.key());
        }
        Ipv6Address end = tunnelEnd(softwire.prefix(), softwire.key());
        Optional<Ipv6Address> tep = softwire.tunnelAddresses().stream()
                .filter(Ipv6Address::isRoutableUnicast)
                .findFirst();
        if (tep.isEmpty()
                || !end.isRoutableUnicast()
                || !LeaseReader.isUsable(softwire.key().address())) {
            return new Verdict.Nothing("the container has no usable TEP, prefix or address");
        }
        addresses.put(softwire.key(), address.get().address());
        return new Verdict.Lent(LeaseReader.lease(
                softwire.key(), end, tep.get(), new LeaseReader.Times(ia.t1(), ia.t2()), address.get(), now));
    }

    /** RFC 7596 figure 3; a whole address leaves nothing to fill in. */
    private static Ipv6Address tunnelEnd(Ipv6Prefix prefix, LeaseKey key) {
        return prefix.tunnelAddress(key.address(), key.ports());
    }
}
