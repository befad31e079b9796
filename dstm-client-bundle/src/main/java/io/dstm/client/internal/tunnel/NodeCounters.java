package io.dstm.client.internal.tunnel;

import io.dstm.api.tep.CounterValue;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;

/** Packets and bytes of every {@link NodeCounter}, safe for the two packet threads and the engine. */
@SuppressWarnings("EnumOrdinal") // the ordinal is an index of arrays that live as long as this object, nowhere else
public final class NodeCounters {

    private static final NodeCounter[] ALL = NodeCounter.values();

    private final AtomicLongArray packets = new AtomicLongArray(ALL.length);
    private final AtomicLongArray bytes = new AtomicLongArray(ALL.length);

    void count(NodeCounter counter, int length) {
        packets.getAndIncrement(counter.ordinal());
        bytes.getAndAdd(counter.ordinal(), length);
    }

    /** How many packets ended so. */
    public long packets(NodeCounter counter) {
        return packets.get(counter.ordinal());
    }

    /** How many packets were forwarded in either direction; moves while the lease is in use. */
    public long forwarded() {
        return packets(NodeCounter.FORWARD_NATIVE_IPV4)
                + packets(NodeCounter.FORWARD_TRANSLATED_IPV4)
                + packets(NodeCounter.FORWARD_NATIVE_IPV6)
                + packets(NodeCounter.FORWARD_TRANSLATED_IPV6);
    }

    /** All counters in the order of their definition. */
    public List<CounterValue> values() {
        List<CounterValue> values = new ArrayList<>(ALL.length);
        for (NodeCounter counter : ALL) {
            values.add(new CounterValue(counter.label(), packets.get(counter.ordinal()), bytes.get(counter.ordinal())));
        }
        return values;
    }
}
