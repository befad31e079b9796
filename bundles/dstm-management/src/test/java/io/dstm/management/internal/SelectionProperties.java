package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.api.net.PortSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** The page that a selection keeps is the page that sorting everything would give. */
class SelectionProperties {

    private static final Ipv4Prefix PREFIX = Ipv4Prefix.parse("192.0.2.0/29");

    @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
    void page_equals_that_of_the_sorted_list(
            @ForAll("keys") Set<LeaseKey> keys,
            @ForAll @IntRange(max = 12) int offset,
            @ForAll @IntRange(max = 12) int limit,
            @ForAll boolean narrowed,
            @ForAll boolean conditioned,
            @ForAll boolean far) {
        Query query = new Query(null, narrowed ? PREFIX : null, offset, limit);
        Page<LeaseKey> page = Selection.of(
                query,
                Function.identity(),
                conditioned ? key -> key.ports().psid() != 3 : null,
                (wanted, visitor) -> keys.stream().filter(wanted).forEach(visitor),
                far ? 0 : Selection.FEW);

        List<LeaseKey> matching = keys.stream()
                .filter(key ->
                        (!conditioned || key.ports().psid() != 3) && (!narrowed || PREFIX.contains(key.address())))
                .sorted(Selection.ORDER)
                .toList();
        assertThat(page.items())
                .isEqualTo(matching.stream().skip(offset).limit(limit).toList());
        assertThat(page.total()).isEqualTo(matching.size());
        assertThat(page.hasMore()).isEqualTo(offset + page.items().size() < matching.size());
    }

    @Provide
    Arbitrary<Set<LeaseKey>> keys() {
        Arbitrary<Ipv4Address> address =
                Arbitraries.integers().between(0, 15).map(Ipv4Address.parse("192.0.2.0")::plus);
        Arbitrary<PortSet> ports = Arbitraries.integers().between(0, 7).map(psid -> new PortSet(0, 3, psid));
        return Combinators.combine(address, ports).as(LeaseKey::new).set().ofMaxSize(40);
    }
}
