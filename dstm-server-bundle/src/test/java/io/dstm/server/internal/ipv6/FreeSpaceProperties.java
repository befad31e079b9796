package io.dstm.server.internal.ipv6;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.Ipv6Prefix;
import io.dstm.api.net.Ipv6Range;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The free space against a set of 256 blocks, of which each is a /64 in a /56. */
class FreeSpaceProperties {

    private static final Ipv6Prefix WHOLE = Ipv6Prefix.parse("2001:db8:0:ff00::/56");

    record Step(int length, int at, boolean give) {}

    @Provide
    Arbitrary<List<Step>> steps() {
        return Combinators.combine(
                        Arbitraries.integers().between(56, 64),
                        Arbitraries.integers().between(0, 255),
                        Arbitraries.of(true, false))
                .as(Step::new)
                .list()
                .ofMaxSize(200);
    }

    @Provide
    Arbitrary<List<Integer>> holes() {
        return Arbitraries.integers().between(0, 255).list().ofMaxSize(4);
    }

    @Property(tries = 300)
    void finds_what_is_free_and_only_that(@ForAll("steps") List<Step> steps, @ForAll("holes") List<Integer> holes) {
        List<Ipv6Range> without =
                holes.stream().map(hole -> Ipv6Range.of(prefix(64, hole))).toList();
        FreeSpace space = FreeSpace.ofPrefixes(Spans.of(List.of(Ipv6Range.of(WHOLE)), without));
        BitSet taken = new BitSet(256);
        holes.forEach(taken::set);
        List<Ipv6Prefix> held = new ArrayList<>();
        for (Step step : steps) {
            if (step.give() && !held.isEmpty()) {
                Ipv6Prefix back = held.remove(step.at() % held.size());
                taken.clear(index(back), index(back) + size(back));
                space.give(back);
            } else {
                Optional<Ipv6Prefix> found =
                        space.find(step.length(), prefix(64, step.at()).address());
                assertThat(found.isPresent()).isEqualTo(anyFree(taken, step.length()));
                if (found.isPresent()) {
                    Ipv6Prefix block = found.get();
                    assertThat(block.length()).isEqualTo(step.length());
                    assertThat(isFree(taken, block)).isTrue();
                    Ipv6Prefix there = prefix(step.length(), step.at());
                    assertThat(block.equals(there)).isEqualTo(isFree(taken, there));
                    assertThat(space.take(block)).isTrue();
                    assertThat(space.take(block)).isFalse();
                    taken.set(index(block), index(block) + size(block));
                    held.add(block);
                }
            }
            Ipv6Prefix probe = prefix(step.length(), step.at());
            assertThat(space.isFree(probe)).isEqualTo(isFree(taken, probe));
        }
        held.forEach(space::give);
        assertThat(space.free()).isEqualTo(Spans.of(List.of(Ipv6Range.of(WHOLE)), without));
    }

    @Property(tries = 300)
    void finds_the_same_addresses_without_keeping_blocks(
            @ForAll("steps") List<Step> steps, @ForAll("holes") List<Integer> holes) {
        List<Ipv6Range> without =
                holes.stream().map(hole -> Ipv6Range.of(address(hole))).toList();
        // Small enough to become full.
        Spans spans = Spans.of(List.of(new Ipv6Range(new Ipv6Address(7, 0), new Ipv6Address(7, 63))), without);
        FreeSpace space = FreeSpace.ofAddresses(spans);
        FreeSpace model = FreeSpace.ofPrefixes(spans);
        List<Ipv6Prefix> held = new ArrayList<>();
        for (Step step : steps) {
            if (step.give() && !held.isEmpty() && step.at() % 3 == 0) {
                Ipv6Prefix back = held.remove(step.at() % held.size());
                space.give(back);
                model.give(back);
            } else {
                Optional<Ipv6Prefix> found =
                        space.find(128, address(step.at() % 64).address());
                assertThat(found)
                        .isEqualTo(model.find(128, address(step.at() % 64).address()));
                found.ifPresent(address -> {
                    assertThat(space.take(address)).isTrue();
                    assertThat(model.take(address)).isTrue();
                    held.add(address);
                });
            }
            assertThat(space.free()).isEqualTo(model.free());
        }
    }

    private static Ipv6Prefix address(int at) {
        return new Ipv6Prefix(new Ipv6Address(7, at), 128);
    }

    @Property(tries = 500)
    void the_largest_block_of_a_gap_is_aligned_and_no_larger_fits(@ForAll int a, @ForAll int b) {
        long first = Integer.toUnsignedLong(Math.min(a, b));
        long last = Integer.toUnsignedLong(Math.max(a, b));
        if (first > last) {
            return;
        }
        int length = FreeSpace.largestBlock(new Ipv6Address(7, first), new Ipv6Address(7, last));
        assertThat(fits(first, last, length)).isTrue();
        assertThat(fits(first, last, length - 1)).isFalse();
    }

    private static boolean fits(long first, long last, int length) {
        long size = 1L << (128 - length);
        long start = (first + size - 1) / size * size;
        return start + size - 1 <= last;
    }

    private static Ipv6Prefix prefix(int length, int block) {
        return Ipv6Prefix.of(new Ipv6Address(WHOLE.address().high() + block, 0), length);
    }

    private static int index(Ipv6Prefix prefix) {
        return (int) (prefix.address().high() - WHOLE.address().high());
    }

    private static int size(Ipv6Prefix prefix) {
        return 1 << (64 - prefix.length());
    }

    private static boolean isFree(BitSet taken, Ipv6Prefix block) {
        int next = taken.nextSetBit(index(block));
        return next < 0 || next >= index(block) + size(block);
    }

    private static boolean anyFree(BitSet taken, int length) {
        for (int block = 0; block < 256; block += 1 << (64 - length)) {
            if (isFree(taken, prefix(length, block))) {
                return true;
            }
        }
        return false;
    }
}
