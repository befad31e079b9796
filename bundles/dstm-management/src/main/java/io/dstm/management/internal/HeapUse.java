package io.dstm.management.internal;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;

/**
 * What of the Java heap is in use for good: what the fullest of its generations held after it was last collected.
 *
 * @param used octets in use; 0 before the first collection
 * @param most how many it may have
 */
record HeapUse(long used, long most) {

    private static final int NEARLY_FULL_PERCENT = 85;

    /** As it is now. */
    static HeapUse now() {
        HeapUse fullest = new HeapUse(0, 1);
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            MemoryUsage collected = pool.getType() == MemoryType.HEAP && pool.isUsageThresholdSupported()
                    ? pool.getCollectionUsage()
                    : null;
            if (collected != null && collected.getMax() > 0) {
                HeapUse use = new HeapUse(collected.getUsed(), collected.getMax());
                fullest = use.percent() >= fullest.percent() ? use : fullest;
            }
        }
        return fullest;
    }

    private long percent() {
        return used * 100 / most;
    }

    /** Whether collections are about to take more time than the work. */
    boolean isNearlyFull() {
        return percent() >= NEARLY_FULL_PERCENT;
    }
}
