package io.dstm.dns.internal;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** One counter an outcome. */
final class DnsCounters {

    private final Map<DnsCounter, LongAdder> adders = new EnumMap<>(DnsCounter.class);

    DnsCounters() {
        for (DnsCounter counter : DnsCounter.values()) {
            adders.put(counter, new LongAdder());
        }
    }

    void count(DnsCounter outcome) {
        adder(outcome).increment();
    }

    long value(DnsCounter outcome) {
        return adder(outcome).sum();
    }

    private LongAdder adder(DnsCounter outcome) {
        LongAdder adder = adders.get(outcome);
        if (adder == null) {
            throw new AssertionError(outcome);
        }
        return adder;
    }
}
