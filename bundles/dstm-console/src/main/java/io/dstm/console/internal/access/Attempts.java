package io.dstm.console.internal.access;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Counts wrong passwords by the address they came from, so that guessing is slow while everybody else gets in. Bounded: who comes
 * from too many addresses pushes out the oldest.
 */
public final class Attempts {

    private static final int MOST_ADDRESSES = 10_000;

    private final LongSupplier steadyMillis;
    private final Map<String, Bucket> buckets = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > MOST_ADDRESSES;
        }
    };

    private int most;
    private long windowMillis;

    /** A counter that allows {@code most} wrong passwords in a window of {@code windowMillis}. */
    public Attempts(LongSupplier steadyMillis, int most, long windowMillis) {
        this.steadyMillis = steadyMillis;
        this.most = most;
        this.windowMillis = windowMillis;
    }

    /** Takes over other limits; what was counted stays. */
    public synchronized void limit(int wanted, long wantedWindowMillis) {
        most = wanted;
        windowMillis = wantedWindowMillis;
    }

    /** How many seconds this address has to wait before its next password is looked at; 0 for not at all. */
    public synchronized long waitSeconds(String address) {
        Bucket bucket = buckets.get(address);
        if (bucket == null) {
            return 0;
        }
        long sinceMillis = steadyMillis.getAsLong() - bucket.beganMillis;
        if (sinceMillis >= windowMillis) {
            buckets.remove(address);
            return 0;
        }
        return bucket.failures < most ? 0 : Math.max(1, (windowMillis - sinceMillis + 999) / 1000);
    }

    /** A password from this address was wrong. */
    public synchronized void failed(String address) {
        waitSeconds(address);
        Bucket bucket = buckets.computeIfAbsent(address, absent -> new Bucket(steadyMillis.getAsLong()));
        bucket.failures++;
    }

    /** A password from this address was right. */
    public synchronized void succeeded(String address) {
        buckets.remove(address);
    }

    private static final class Bucket {
        private final long beganMillis;
        private int failures;

        private Bucket(long beganMillis) {
            this.beganMillis = beganMillis;
        }
    }
}
