package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import java.util.IdentityHashMap;

/**
 * The rules for any number of threads: one lane a pair of threads, and where the rules have fewer lanes than that, threads take turns.
 * A lane that is one thread's alone costs it a lock that nobody else wants.
 */
final class Turns {

    private final PacketProcessor rules;
    /** Guarded by this. */
    private final IdentityHashMap<PacketProcessor, PacketProcessor> lanes = new IdentityHashMap<>();

    Turns(PacketProcessor rules) {
        this.rules = rules;
    }

    /** The rules for one pair of threads. */
    synchronized PacketProcessor lane(int number) {
        return lanes.computeIfAbsent(rules.lane(number), Lane::new);
    }

    private static final class Lane implements PacketProcessor {

        private final PacketProcessor rules;
        private final Object fromIpv6 = new Object();
        private final Object fromIpv4 = new Object();

        private Lane(PacketProcessor rules) {
            this.rules = rules;
        }

        @Override
        public void fromIpv6(PacketBatch in, PacketOutput out, long nanos) {
            synchronized (fromIpv6) {
                rules.fromIpv6(in, out, nanos);
            }
        }

        @Override
        public void fromIpv4(PacketBatch in, PacketOutput out, long nanos) {
            synchronized (fromIpv4) {
                rules.fromIpv4(in, out, nanos);
            }
        }
    }
}
