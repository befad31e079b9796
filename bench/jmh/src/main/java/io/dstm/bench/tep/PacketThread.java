package io.dstm.bench.tep;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.profile.InternalProfiler;
import org.openjdk.jmh.results.AggregationPolicy;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.ScalarResult;

/**
 * Processor time and allocated bytes of the thread with the packets alone: what others do on the machine, and the thread that
 * changes bindings, are not in them. JMH finds it by its name.
 */
public final class PacketThread implements InternalProfiler {

    /** Nanoseconds of processor time a packet, the least disturbed iteration of a fork. */
    public static final String CPU = "packet.cpu";
    /** Bytes allocated a packet. */
    public static final String BYTES = "packet.bytes";

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private long cpuBefore;
    private long bytesBefore;

    @Override
    public void beforeIteration(BenchmarkParams benchmark, IterationParams iteration) {
        cpuBefore = cpu();
        bytesBefore = bytes();
    }

    @Override
    public Collection<? extends Result<?>> afterIteration(
            BenchmarkParams benchmark, IterationParams iteration, IterationResult result) {
        long operations = result.getMetadata().getAllOps();
        if (operations == 0) {
            return List.of();
        }
        double cpu = (double) (cpu() - cpuBefore) / operations;
        double bytes = (double) (bytes() - bytesBefore) / operations;
        return List.of(
                new ScalarResult(CPU, cpu, "ns/op", AggregationPolicy.AVG),
                new ScalarResult(BYTES, bytes, "B/op", AggregationPolicy.AVG));
    }

    private long cpu() {
        long sum = 0;
        for (long id : threads.getAllThreadIds()) {
            sum += isWorker(id) ? threads.getThreadCpuTime(id) : 0;
        }
        return sum;
    }

    private long bytes() {
        long sum = 0;
        for (long id : threads.getAllThreadIds()) {
            sum += isWorker(id) ? threads.getThreadAllocatedBytes(id) : 0;
        }
        return sum;
    }

    private boolean isWorker(long id) {
        java.lang.management.ThreadInfo info = threads.getThreadInfo(id);
        return info != null && info.getThreadName().contains("-jmh-worker-");
    }

    @Override
    public String getDescription() {
        return "processor time and bytes of the packet thread";
    }
}
