package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ClientLease;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.DstmPorts;
import io.dstm.dhcpv6.internal.codec.Option.DstmTep;
import io.dstm.dhcpv6.internal.codec.Option.IaAddress;
import io.dstm.dhcpv6.internal.codec.Option.IaDstm;
import io.dstm.dhcpv6.internal.codec.Option.StatusCode;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.codec.PortRanges;
import io.dstm.dhcpv6.internal.codec.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads a client's lease out of an Advertise or Reply (RFC 8415 section 18.2.10.1). */
final class LeaseReader {

    /** Enough for a sentence, too little to fill a log. */
    private static final int LONGEST_TEXT = 200;

    private LeaseReader() {}

    /**
     * What {@code message} says.
     *
     * @param iaid which IA_DSTM is the client's
     * @param held what the client has, to be found again in a Reply to Renew or Rebind; {@code null} if nothing
     * @param source the address the client asked from
     * @param now when the message arrived
     */
    static Verdict read(Message.Direct message, int iaid, @Nullable LeaseKey held, Ipv6Address source, Instant now) {
        Optional<Verdict> failed = failure(message.options());
        if (failed.isPresent()) {
            return failed.get();
        }
        Optional<IaDstm> association = message.options()
                .all(IaDstm.class)
                .filter(ia -> ia.iaid() == iaid)
                .findFirst();
        if (association.isEmpty()) {
            return new Verdict.Nothing("the answer has no IA_DSTM");
        }
        IaDstm ia = association.get();
        // "the client discards the IA_NA option and processes the remainder of the message as though the server had not
        // included
        // the invalid IA_NA option" (RFC 8415 section 21.4)
        if (ia.t1() > ia.t2() && ia.t2() > 0) {
            return new Verdict.Nothing("T1 is behind T2");
        }
        return failure(ia.options()).orElseGet(() -> lease(ia, held, source, now));
    }

    /** What a status other than Success means to a client; empty for Success. */
    static Optional<Verdict> failure(Options options) {
        Status status = options.status();
        if (status.equals(Status.SUCCESS)) {
            return Optional.empty();
        }
        String text = options.first(StatusCode.class).map(StatusCode::text).orElse("");
        String reason = status + (text.isBlank() ? "" : ": " + clean(text));
        boolean refusal = status.equals(Status.NO_ADDRS_AVAIL)
                || status.equals(Status.NO_BINDING)
                || status.equals(Status.NOT_ON_LINK);
        return Optional.of(refusal ? new Verdict.Refused(status, reason) : new Verdict.Later(reason));
    }

    private static Verdict lease(IaDstm ia, @Nullable LeaseKey held, Ipv6Address source, Instant now) {
        // "The client MUST discard any addresses for which the preferred lifetime is greater than the valid lifetime"
        // (21.6)
        List<IaAddress> addresses = ia.options()
                .all(IaAddress.class)
                .filter(address -> address.preferred() <= address.valid())
                .filter(address -> address.address().unmapped().isPresent())
                .toList();
        Optional<IaAddress> chosen = addresses.stream()
                .filter(address -> held != null && isAddress(address, held.address()))
                .findFirst()
                .or(() -> addresses.stream()
                        .filter(address -> address.valid() > 0)
                        .findFirst());
        if (chosen.isEmpty()) {
            return new Verdict.Refused(Status.SUCCESS, "the server left the address out");
        }
        if (chosen.get().valid() == 0) {
            return new Verdict.Refused(Status.NO_BINDING, "the server withdrew the address");
        }
        Optional<Ipv6Address> tunnelAddress =
                ia.options().first(DstmTep.class).map(DstmTep::address).filter(Ipv6Address::isRoutableUnicast);
        Optional<PortSet> ports = PortRanges.toPortSet(
                ia.options().all(DstmPorts.class).map(DstmPorts::range).toList());
        Optional<Ipv4Address> address = chosen.get().address().unmapped().filter(LeaseReader::isUsable);
        if (tunnelAddress.isEmpty() || ports.isEmpty() || address.isEmpty()) {
            return new Verdict.Nothing("the lease has no usable TEP, ports or address");
        }
        return new Verdict.Lent(lease(
                new LeaseKey(address.get(), ports.get()),
                source,
                tunnelAddress.get(),
                new Times(ia.t1(), ia.t2()),
                chosen.get(),
                now));
    }

    /** T1 and T2 of an association; 0 leaves them to the client. */
    record Times(long t1, long t2) {}

    /** The lease that lasts as long as {@code option} does. */
    static ClientLease lease(
            LeaseKey key, Ipv6Address source, Ipv6Address tep, Times times, IaAddress option, Instant now) {
        Duration valid = Duration.ofSeconds(option.valid());
        Duration t2 = times.t2() == 0 ? eighty(option) : Duration.ofSeconds(times.t2());
        Duration t1 = times.t1() == 0 ? half(option) : Duration.ofSeconds(times.t1());
        Duration rebindAfter = least(t2.compareTo(t1) < 0 && times.t2() == 0 ? t1 : t2, valid);
        return new ClientLease(key, source, tep, now, least(t1, rebindAfter), rebindAfter, valid);
    }

    private static boolean isAddress(IaAddress option, Ipv4Address address) {
        return option.address().equals(Ipv6Address.mapped(address));
    }

    /** Whether a host can have {@code address}. */
    static boolean isUsable(Ipv4Address address) {
        // 0/8, 127/8, 224/4 and 240/4 are nobody's source address.
        int first = address.value() >>> 24;
        return first != 0 && first != 127 && first < 224;
    }

    /** The times a client chooses where the server left them to it (RFC 8415 section 21.4). */
    private static Duration half(IaAddress address) {
        return Duration.ofSeconds(address.preferred()).dividedBy(2);
    }

    private static Duration eighty(IaAddress address) {
        return Duration.ofSeconds(address.preferred()).multipliedBy(4).dividedBy(5);
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    /** A server's text for our log: one line, not too long. */
    static String clean(String text) {
        String line = text.codePoints()
                .map(c -> Character.isISOControl(c) || !Character.isDefined(c) ? ' ' : c)
                .limit(LONGEST_TEXT)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return line.strip();
    }

    /** The address and ports of a lease as an IA_DSTM holds them, for hints, renewals and returns. */
    static Options describe(LeaseKey key) {
        Options options = Options.of(new IaAddress(Ipv6Address.mapped(key.address()), 0, 0, Options.NONE));
        for (PortSet.PortRange range : PortRanges.of(key.ports())) {
            options = options.and(new Option.DstmPorts(range));
        }
        // Without ports of its own to name, the client shows with all of them that it knows the option.
        return key.ports().isFull() ? options.and(ANY_PORTS) : options;
    }

    /** Says that the client can live with a port set. */
    static final DstmPorts ANY_PORTS = new DstmPorts(new PortSet.PortRange(0, 0xFFFF));
}
