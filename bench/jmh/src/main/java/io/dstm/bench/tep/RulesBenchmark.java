package io.dstm.bench.tep;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.TepException;
import io.dstm.tep.internal.rules.Counters;
import io.dstm.tep.internal.rules.Outcome;
import io.dstm.tep.internal.rules.Policy;
import io.dstm.tep.internal.rules.RulesSettings;
import io.dstm.tep.internal.rules.TunnelProcessor;
import io.dstm.tep.internal.table.BindingTable;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The rules as the datapath calls them: batches of 64 packets in a packet memory like the deployed one, against the deployed
 * settings. An operation is a packet, its making included; {@link #make_from_client} and {@link #make_from_world} are the making alone.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@SuppressWarnings("NullAway.Init")
public class RulesBenchmark {

    /** Packets in a batch. */
    public static final int BATCH = 64;

    /** As the datapath makes them. */
    private static final int SLOT_SIZE = 1027 * 64;

    /** How many bindings there are; traffic uses all of them alike. */
    @Param({"1", "10000", "100000", "1000000"})
    public int bindings;

    /** How many bindings another thread changes in a second. */
    @Param({"0", "10000"})
    public int churn;

    private final BindingTable table = new BindingTable();
    private final Counters counters = new Counters();
    private TunnelProcessor rules;
    private Churn changes;
    private Traffic fromClients;
    private Traffic fromWorld;
    private PacketOutput fromClientsOut;
    private PacketOutput fromWorldOut;
    private long made;

    /** Fills the table and begins to change it. */
    @Setup(Level.Trial)
    public void fill() throws TepException {
        Ipv4Range pool = Ipv4Range.parse("10.0.0.0/8");
        table.resync(List.of(pool), Clients.bindings(bindings));
        RulesSettings settings = new RulesSettings(
                Clients.TEP, Ipv4Address.parse("192.0.0.1"), 1500, 65535, true, true, true, true, true, false, false);
        long epochOffset = TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis()) - System.nanoTime();
        rules = new TunnelProcessor(table, counters, Policy.of(settings, 1000), 42, epochOffset);
        PacketMemory up = new PacketMemory(BATCH, BATCH / 2, SLOT_SIZE);
        PacketMemory down = new PacketMemory(BATCH, BATCH / 2, SLOT_SIZE);
        fromClients = new Traffic(up, bindings, 0x9E37_79B9_7F4A_7C15L);
        fromWorld = new Traffic(down, bindings, 0xD1B5_4A32_D192_ED03L);
        fromClientsOut = new PacketOutput(up);
        fromWorldOut = new PacketOutput(down);
        if (churn > 0) {
            changes = new Churn(table, (bindings + 63) / 64 * 64, churn);
        }
    }

    /** Sees that every packet has passed: what is dropped is judged faster. */
    @TearDown(Level.Iteration)
    public void check() {
        long passed = counters.packets(Outcome.OUT_DECAPSULATED_IPV4) + counters.packets(Outcome.OUT_ENCAPSULATED_IPV6);
        if (passed != made) {
            throw new IllegalStateException(made + " packets came, but " + passed + " passed: " + counters.values());
        }
    }

    /** Ends the changes. */
    @TearDown(Level.Trial)
    public void end() throws TepException, InterruptedException {
        if (churn > 0) {
            changes.close();
        }
        rules.close();
    }

    /** Packets out of tunnels. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int decapsulate() {
        made += BATCH;
        fromClientsOut.clear();
        rules.fromIpv6(fromClients.fromClients(), fromClientsOut, System.nanoTime());
        return fromClientsOut.toIpv4().count();
    }

    /** Packets into tunnels. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public int encapsulate() {
        made += BATCH;
        fromWorldOut.clear();
        rules.fromIpv4(fromWorld.fromWorld(), fromWorldOut, System.nanoTime());
        return fromWorldOut.toIpv6().count();
    }

    /** Both by turns, by one thread. */
    @Benchmark
    @OperationsPerInvocation(2 * BATCH)
    public int mixed() {
        return decapsulate() + encapsulate();
    }

    /** What it costs to make packets out of tunnels. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public PacketBatch make_from_client() {
        return fromClients.fromClients();
    }

    /** What it costs to make packets into tunnels. */
    @Benchmark
    @OperationsPerInvocation(BATCH)
    public PacketBatch make_from_world() {
        return fromWorld.fromWorld();
    }
}
