package io.dstm.tep.internal.table;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Instant;

/**
 * How a binding lies in memory: four longs, so that a look-up touches one cache line.
 *
 * <pre>
 *   0  address (32) | PSID (16) | parameters (9) | unused (4) | state (3)
 *   1  tunnel source, high
 *   2  tunnel source, low
 *   3  expiry (32, unsigned seconds since 1970) | unused (16) | index of the tunnel address (16)
 * </pre>
 *
 * <p>Parameters are a (4) and k (5) of the port set. The state says which epochs see the slot: epochs alternate between even and
 * odd, a stable slot has both bits. The first word is written last and read first.
 */
final class Slot {

    static final int WORDS = 4;
    /** Words before the first slot: with the header of the array (16 bytes) they align slots to 32 bytes. */
    static final int BASE = 2;

    static final int SOURCE_HIGH = 1;
    static final int SOURCE_LOW = 2;
    static final int META = 3;

    static final int STATE_MASK = 7;
    /** No slot was ever used here: a look-up ends. */
    static final int EMPTY = 0;
    /** Seen by even epochs only. */
    static final int EVEN = 1;
    /** Seen by odd epochs only. */
    static final int ODD = 2;
    /** Seen by all. */
    static final int STABLE = 3;
    /** Seen by none, but a look-up goes on. */
    static final int DELETED = 4;

    private static final int PARAMETERS_SHIFT = 7;
    private static final int PSID_SHIFT = 16;
    private static final int ADDRESS_SHIFT = 32;
    private static final int PARAMETERS_MASK = 0x1FF;

    private static final int EXPIRY_SHIFT = 32;
    private static final int TUNNEL_MASK = 0xFFFF;

    /** Stands for every moment after 2106-02-07, in practice never. */
    static final long NEVER = 0xFFFF_FFFFL;

    private static final VarHandle LONGS = MethodHandles.arrayElementVarHandle(long[].class);

    private Slot() {}

    static int parameters(PortSet ports) {
        return ports.offset() << 5 | ports.psidLength();
    }

    static int offsetOf(int parameters) {
        return parameters >>> 5 & 0xF;
    }

    static int lengthOf(int parameters) {
        return parameters & 0x1F;
    }

    /** The first word without a state. */
    static long key(int address, int psid, int parameters) {
        return (long) address << ADDRESS_SHIFT | (long) psid << PSID_SHIFT | (long) parameters << PARAMETERS_SHIFT;
    }

    static long key(LeaseKey key) {
        return key(key.address().value(), key.ports().psid(), parameters(key.ports()));
    }

    static int address(long key) {
        return (int) (key >>> ADDRESS_SHIFT);
    }

    static int parametersOf(long key) {
        return (int) (key >>> PARAMETERS_SHIFT) & PARAMETERS_MASK;
    }

    static LeaseKey leaseKey(long key) {
        int parameters = parametersOf(key);
        return new LeaseKey(
                new Ipv4Address(address(key)),
                parameters == 0
                        ? PortSet.FULL
                        : new PortSet(offsetOf(parameters), lengthOf(parameters), (int) (key >>> PSID_SHIFT) & 0xFFFF));
    }

    static long meta(long expiry, int tunnel) {
        return expiry << EXPIRY_SHIFT | tunnel;
    }

    static long expiry(long meta) {
        return meta >>> EXPIRY_SHIFT;
    }

    static int tunnel(long meta) {
        return (int) meta & TUNNEL_MASK;
    }

    /** Whole seconds since 1970, rounded up: a binding lives to the end of the second in which it ends. */
    static long seconds(Instant expires) {
        long seconds = expires.getNano() == 0 ? expires.getEpochSecond() : expires.getEpochSecond() + 1;
        return Math.max(0, Math.min(NEVER, seconds));
    }

    /** Where a look-up for {@code key} begins. */
    static int home(long key, int capacity) {
        // Fibonacci hashing; the fold lets the PSID reach the upper half, from which the slot is taken.
        long hash = (key ^ key >>> 29) * 0x9E3779B97F4A7C15L;
        return (int) ((hash >>> 32) * capacity >>> 32);
    }

    static long getAcquire(long[] slots, int index) {
        return (long) LONGS.getAcquire(slots, index);
    }

    static void setRelease(long[] slots, int index, long value) {
        LONGS.setRelease(slots, index, value);
    }
}
