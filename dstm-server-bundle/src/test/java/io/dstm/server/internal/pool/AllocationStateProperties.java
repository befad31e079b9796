package io.dstm.server.internal.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.PortSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** What is taken, with leases of former shapes that drain, against a comparison of every key with every other. */
class AllocationStateProperties {

    private static final long FIRST = 0xC0000200L;

    @Property(tries = 300)
    void a_slot_is_free_if_it_shares_no_port_with_what_is_taken(
            @ForAll @IntRange(max = 4) int k,
            @ForAll @IntRange(max = 6) int a,
            @ForAll @Size(max = 60) List<@IntRange(max = 65535) Integer> script) {
        Pool pool = PoolTest.pool(
                "ranges=192.0.2.0-192.0.2.2", "psid.length=" + k, "psid.offset=" + a, "system.ports=true");
        AllocationState state = new AllocationState(pool);
        Set<Long> taken = new HashSet<>();
        for (int step : script) {
            long code = anyKey(step, pool);
            if (taken.remove(code)) {
                state.vacate(code);
            } else if (taken.stream().noneMatch(other -> shares(other, code))) {
                taken.add(code);
                state.occupy(code);
            }
            for (long slot = 0; slot < pool.capacity(); slot++) {
                long own = pool.codeAt(slot);
                boolean free = taken.stream().noneMatch(other -> shares(other, own));
                assertThat(state.isFree(own)).isEqualTo(free);
            }
            long next = state.nextFree(step % pool.capacity());
            boolean any = next >= 0;
            assertThat(any).isEqualTo(hasFree(pool, taken));
            assertThat(!any || state.isFree(pool.codeAt(next))).isTrue();
        }
    }

    /** A key of the pool's shape or of another. */
    private static long anyKey(int step, Pool pool) {
        long address = FIRST + step % 3;
        int shape = step / 3 % 4;
        int bits = step / 12;
        return switch (shape) {
            case 0 -> KeyCode.of(address, 0, 0, 0);
            case 1 -> KeyCode.of(address, 0, 3, bits % 8);
            case 2 -> KeyCode.of(address, 6, 2, bits % 4);
            default -> pool.codeAt(bits % pool.capacity());
        };
    }

    private static boolean shares(long one, long other) {
        PortSet ports = KeyCode.ports(one);
        return KeyCode.address(one) == KeyCode.address(other) && ports.overlaps(KeyCode.ports(other));
    }

    private static boolean hasFree(Pool pool, Set<Long> taken) {
        for (long slot = 0; slot < pool.capacity(); slot++) {
            long own = pool.codeAt(slot);
            if (taken.stream().noneMatch(other -> shares(other, own))) {
                return true;
            }
        }
        return false;
    }
}
