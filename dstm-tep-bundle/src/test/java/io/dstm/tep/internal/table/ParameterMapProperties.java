package io.dstm.tep.internal.table;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class ParameterMapProperties {

    /** Codes of Slot.parameters: full, and some port sets. */
    private static final int[] CODES = {0, 3, 6, 6 << 5 | 8};

    private static final int[] CORNERS = {0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, Integer.MIN_VALUE + 1, -1, -2};

    @Property(tries = 300)
    void holds_at_least_what_was_asked_for_at_each_address(@ForAll long seed) {
        Random random = new Random(seed);
        ParameterMap map = ParameterMap.EMPTY;
        Map<Integer, Set<Integer>> model = new HashMap<>();
        for (int round = 0; round < 5; round++) {
            int count = random.nextInt(30);
            long[] needs = new long[count + 3];
            for (int i = 0; i < count; i++) {
                int address = random.nextInt(8) == 0
                        ? CORNERS[random.nextInt(CORNERS.length)]
                        : 0xC0000200 + random.nextInt(30);
                int code = random.nextInt(3) == 0 ? CODES[random.nextInt(CODES.length)] : CODES[address & 1];
                needs[i] = ParameterMap.need(Slot.key(address, 0, code));
                model.computeIfAbsent(address, key -> new HashSet<>()).add(code);
            }
            map = map.with(needs, count);
            assertHolds(map, model);
        }
    }

    private static void assertHolds(ParameterMap map, Map<Integer, Set<Integer>> model) {
        model.forEach((address, codes) -> {
            Set<Integer> found = new TreeSet<>();
            int length = 99;
            for (long rest = map.of(address); rest != 0; rest >>>= ParameterMap.CODE_BITS) {
                int code = (int) rest & ParameterMap.CODE_MASK;
                found.add(code);
                assertThat(Slot.lengthOf(code)).as("longest PSID first").isLessThanOrEqualTo(length);
                length = Slot.lengthOf(code);
            }
            assertThat(found).containsAll(codes);
        });
        int lowest = model.keySet().stream().min(Integer::compareUnsigned).orElse(0);
        int highest = model.keySet().stream().max(Integer::compareUnsigned).orElse(-1);
        if (lowest != 0) {
            assertThat(map.of(lowest - 1)).as("below all that is used").isZero();
        }
        if (highest != -1) {
            assertThat(map.of(highest + 1)).as("above all that is used").isZero();
        }
    }
}
