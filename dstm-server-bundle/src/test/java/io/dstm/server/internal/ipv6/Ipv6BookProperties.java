package io.dstm.server.internal.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.ipv6.Ipv6Lease;
import io.dstm.api.ipv6.Ipv6LeaseKind;
import io.dstm.api.lease.ClientId;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;

/** The book against a plain list. */
class Ipv6BookProperties {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final Ipv6Book book = new Ipv6Book();
    private final List<Ipv6Lease> plain = new ArrayList<>();

    @Property(tries = 60)
    void has_what_a_list_has(@ForAll long seed, @ForAll @IntRange(min = 5, max = 600) int steps) {
        SplittableRandom random = new SplittableRandom(seed);
        long entry = 0;
        for (int step = 0; step < steps; step++) {
            Ipv6Lease lease = lease(random, steps);
            if (random.nextInt(steps) >= step && rivals(lease).isEmpty()) {
                book.put(lease);
                plain.add(lease);
                assertThat(book.entryAt(lease.prefix())).isGreaterThan(entry);
                entry = book.entryAt(lease.prefix());
            } else if (!plain.isEmpty()) {
                Ipv6Lease there = plain.get(random.nextInt(plain.size()));
                if (random.nextInt(4) == 0) {
                    // Not as it stands in the book: nothing happens.
                    book.remove(later(there));
                } else {
                    book.remove(there);
                    plain.remove(there);
                }
            }
            same(lease);
        }
        assertThat(book.all()).isEqualTo(sorted(there -> true));
    }

    private void same(Ipv6Lease asked) {
        assertThat(book.at(asked.prefix()))
                .isEqualTo(first(there -> there.prefix().equals(asked.prefix())));
        assertThat(book.entryAt(asked.prefix()) != 0).isEqualTo(book.at(asked.prefix()) != null);
        assertThat(book.of(asked.client(), asked.kind()))
                .isEqualTo(first(there ->
                        !there.declined() && there.client().equals(asked.client()) && there.kind() == asked.kind()));
        assertThat(book.overlapping(asked.prefix())).isEqualTo(sorted(there -> overlap(there, asked)));
        assertThat(book.count(asked.client()))
                .isEqualTo(sorted(there ->
                                there.client().identity().equals(asked.client().identity()))
                        .size());
        assertThat(book.ended(asked.until()))
                .hasSameElementsAs(sorted(there -> !there.until().isAfter(asked.until())));
        assertThat(book.ended(asked.until())).isSortedAccordingTo(Comparator.comparing(Ipv6Lease::until));
    }

    private List<Ipv6Lease> rivals(Ipv6Lease lease) {
        return sorted(there -> overlap(there, lease)
                || !lease.declined()
                        && !there.declined()
                        && there.client().equals(lease.client())
                        && there.kind() == lease.kind());
    }

    private static boolean overlap(Ipv6Lease a, Ipv6Lease b) {
        return a.prefix().contains(b.prefix()) || b.prefix().contains(a.prefix());
    }

    private List<Ipv6Lease> sorted(Predicate<Ipv6Lease> which) {
        return plain.stream()
                .filter(which)
                .sorted(Comparator.comparing(Ipv6Lease::address))
                .toList();
    }

    private @Nullable Ipv6Lease first(Predicate<Ipv6Lease> which) {
        List<Ipv6Lease> found = sorted(which);
        return found.isEmpty() ? null : found.get(0);
    }

    private static Ipv6Lease later(Ipv6Lease lease) {
        return new Ipv6Lease(
                lease.prefix(),
                lease.client(),
                lease.kind(),
                lease.pool(),
                lease.declined(),
                lease.since(),
                lease.preferredUntil(),
                lease.until().plusSeconds(1));
    }

    /** Addresses and prefixes of one /48 that often meet, of few clients. */
    private static Ipv6Lease lease(SplittableRandom random, int many) {
        boolean address = random.nextInt(3) > 0;
        int length = address ? 128 : 56 + random.nextInt(9);
        long high = 0x20010db8_0000_0000L | random.nextInt(40) << 3;
        Ipv6Prefix prefix = Ipv6Prefix.of(new Ipv6Address(high, random.nextInt(5)), length);
        byte[] duid = {0, 3, (byte) random.nextInt(Math.max(1, many / 4))};
        Instant since = START.plusSeconds(random.nextInt(50));
        Instant preferred = since.plusSeconds(random.nextInt(50));
        return new Ipv6Lease(
                prefix,
                ClientId.ofDuid(duid, random.nextInt(3)),
                address ? Ipv6LeaseKind.ADDRESS : Ipv6LeaseKind.PREFIX,
                "pool" + random.nextInt(3),
                address && random.nextInt(8) == 0,
                since,
                preferred,
                preferred.plusSeconds(random.nextInt(50)));
    }
}
