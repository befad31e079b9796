package io.dstm.dhcpv6.internal.server;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6Link;
import io.dstm.api.lease.LeaseService;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Everything that leasequeries can ask about: the leases of all kinds, and what is noted of their clients. A client is on the link
 * that its relays named when it was heard last, and else on that of its address or tunnel source.
 */
final class LeaseView {

    private final LeaseService leases;
    private volatile @Nullable Ipv6LeaseService ipv6;
    private volatile @Nullable RelayNotes notes;

    LeaseView(LeaseService leases) {
        this.leases = leases;
    }

    /** Shows the leases of {@code service} too from now on; {@code null} for none. */
    void ipv6(@Nullable Ipv6LeaseService service) {
        ipv6 = service;
    }

    /** Knows of relays what {@code book} says from now on. */
    void notes(@Nullable RelayNotes book) {
        notes = book;
    }

    /** Shows everything that clients hold. */
    void forEach(Consumer<Held> visitor) {
        leases.forEachLease(lease -> Held.of(lease).ifPresent(visitor));
        Ipv6LeaseService service = ipv6;
        if (service != null) {
            service.forEachLease(lease -> Held.of(lease).ifPresent(visitor));
        }
    }

    /** What is noted of the client that holds something. */
    Optional<RelayNotes.Note> noteOf(Held held) {
        RelayNotes book = notes;
        return book == null ? Optional.empty() : held.duid().flatMap(book::of);
    }

    /** An address of the link that the client of {@code held} is on, if that is known. */
    Optional<Ipv6Address> linkOf(Held held) {
        return noteOf(held).flatMap(RelayNotes.Note::link).or(() -> held.link().map(prefix -> prefix.address()));
    }

    /** Whether it is held on the link that {@code link} is an address of. */
    boolean isOn(Held held, Ipv6Address link) {
        if (held.link().filter(prefix -> prefix.contains(link)).isPresent()) {
            return true;
        }
        Optional<Ipv6Address> noted = noteOf(held).flatMap(RelayNotes.Note::link);
        if (noted.isPresent()) {
            return Held.linkOf(noted.get()).contains(link);
        }
        Ipv6Lease delegated = held.ipv6();
        Ipv6LeaseService service = ipv6;
        return delegated != null
                && delegated.kind() == Ipv6LeaseKind.PREFIX
                && service != null
                && service.isLendable(named(link), delegated.kind(), delegated.prefix());
    }

    private static Ipv6Link named(Ipv6Address link) {
        return new Ipv6Link(null, link, List.of(), link);
    }

    /** Whether this server knows the link that {@code link} is an address of. */
    boolean knowsLink(Ipv6Address link) {
        Ipv6LeaseService service = ipv6;
        return service != null && service.serves(named(link)) || any(held -> isOn(held, link));
    }

    /** Whether this server could have lent {@code address}; an IPv4 address is in mapped form. */
    boolean knowsAddress(Ipv6Address address) {
        Optional<Ipv4Address> mapped = address.unmapped();
        if (mapped.isPresent()) {
            return leases.pools().stream()
                    .anyMatch(pool -> pool.ranges().stream().anyMatch(range -> range.contains(mapped.get())));
        }
        Ipv6LeaseService service = ipv6;
        return service != null && service.isPooled(address) || knowsLink(address);
    }

    private boolean any(Predicate<Held> wanted) {
        boolean[] found = {false};
        forEach(held -> found[0] |= !found[0] && wanted.test(held));
        return found[0];
    }
}
