package io.dstm.bench.tep;

import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TunnelEndPoint.ResyncReport;
import io.dstm.tep.internal.table.BindingTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** What a table of bindings takes: memory of this process, and the time of a resync that changes all or nothing. Linux only. */
public final class TableMemory {

    private static final List<Ipv4Range> POOL = List.of(Ipv4Range.parse("10.0.0.0/8"));

    private TableMemory() {}

    /** Takes the number of bindings. */
    public static void main(String[] arguments) throws IOException, TepException {
        int count = Integer.parseInt(arguments[0]);
        BindingTable table = new BindingTable();
        long filling = resync(table, count, new ResyncReport(count, 0, 0));
        long memory = resident();
        long comparing = resync(table, count, new ResyncReport(0, 0, 0));
        System.out.printf(
                Locale.ROOT,
                "| %,d | %d ms | %d MB | %d ms | %d MB | %d |%n",
                count,
                filling,
                memory,
                comparing,
                resident(),
                table.memoryBytes() / count);
    }

    private static long resync(BindingTable table, int count, ResyncReport expected) throws TepException {
        long began = System.nanoTime();
        ResyncReport report = table.resync(POOL, Clients.bindings(count));
        if (!report.equals(expected)) {
            throw new IllegalStateException(report + " instead of " + expected);
        }
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began);
    }

    /** Resident memory in MB. */
    private static long resident() throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith("VmRSS:")) {
                return Long.parseLong(line.replaceAll("[^0-9]", "")) / 1024;
            }
        }
        throw new IOException("/proc/self/status has no VmRSS");
    }
}
