package io.dstm.bench.tep;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/**
 * Runs {@link RulesBenchmark} and prints what a packet costs the rules alone, as a table for {@code docs/benchmarks.md}.
 *
 * <p>Figures are processor time of the packet thread: the median and the least of all iterations of all forks. The making of the
 * packets is measured by itself and taken off.
 */
public final class TepRules {

    /** The options that the distribution starts with, apart from the heap. */
    private static final String[] DEPLOYED = {
        "-Xms32m",
        "-Xmx1g",
        "-XX:+UseSerialGC",
        "-XX:MinHeapFreeRatio=20",
        "-XX:MaxHeapFreeRatio=40",
        "-XX:Tier4InvocationThreshold=50000",
        "-XX:Tier4MinInvocationThreshold=6000",
        "-XX:Tier4CompileThreshold=150000",
        "-XX:Tier4BackEdgeThreshold=400000"
    };

    private static final Map<String, String> MAKING =
            Map.of("decapsulate", "make_from_client", "encapsulate", "make_from_world");

    private TepRules() {}

    /** Takes {@code --quick}, and options for the JVM that is measured. */
    public static void main(String[] arguments) throws RunnerException {
        boolean quick = Arrays.asList(arguments).contains("--quick");
        List<String> jvm = new ArrayList<>(List.of(DEPLOYED));
        Arrays.stream(arguments).filter(option -> option.startsWith("-X")).forEach(jvm::add);
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(RulesBenchmark.class.getName())
                .addProfiler(GCProfiler.class)
                .addProfiler(PacketThread.class)
                .jvmArgs(jvm.toArray(String[]::new))
                .warmupTime(TimeValue.milliseconds(500))
                .shouldFailOnError(true);
        if (quick) {
            options.param("bindings", "10000", "1000000")
                    .param("churn", "0")
                    .forks(1)
                    .warmupIterations(2)
                    .warmupTime(TimeValue.milliseconds(300))
                    .measurementIterations(5)
                    .measurementTime(TimeValue.milliseconds(200));
        } else {
            options.forks(3).warmupIterations(4).measurementIterations(12).measurementTime(TimeValue.milliseconds(300));
        }
        System.out.print(table(new Runner(options.build()).run()));
    }

    private static String table(Collection<RunResult> results) {
        Map<String, Map<String, RunResult>> byCase = new TreeMap<>(Comparator.comparingInt(TepRules::number));
        for (RunResult result : results) {
            String name = result.getParams().getBenchmark().replaceAll(".*\\.", "");
            String parameters = result.getParams().getParam("bindings") + " "
                    + result.getParams().getParam("churn");
            byCase.computeIfAbsent(parameters, unused -> new TreeMap<>()).put(name, result);
        }
        StringBuilder table = new StringBuilder();
        line(
                table,
                "| bindings | changes/s | | ns a packet: median | least | making it (taken off) | bytes a packet |");
        line(table, "|---:|---:|---|---:|---:|---:|---:|");
        byCase.forEach((parameters, runs) -> {
            double[] client = values(runs.get("make_from_client"), PacketThread.CPU);
            double[] world = values(runs.get("make_from_world"), PacketThread.CPU);
            for (String name : List.of("decapsulate", "encapsulate", "mixed")) {
                double making = name.equals("mixed")
                        ? (median(client) + median(world)) / 2
                        : median("make_from_client".equals(MAKING.get(name)) ? client : world);
                double[] cpu = values(runs.get(name), PacketThread.CPU);
                DoubleSummaryStatistics bytes = Arrays.stream(values(runs.get(name), PacketThread.BYTES))
                        .summaryStatistics();
                line(
                        table,
                        String.format(
                                Locale.ROOT,
                                "| %s | %s | %s | %.0f | %.0f | %.0f | %.3f |",
                                parameters.split(" ")[0],
                                parameters.split(" ")[1],
                                name,
                                median(cpu) - making,
                                cpu[0] - making,
                                making,
                                bytes.getAverage()));
            }
        });
        return table.toString();
    }

    private static void line(StringBuilder table, String line) {
        table.append(line).append('\n');
    }

    private static int number(String parameters) {
        String[] parts = parameters.split(" ");
        return 2 * Integer.parseInt(parts[0]) + (parts[1].equals("0") ? 0 : 1);
    }

    /** Of every iteration of every fork, ascending. */
    private static double[] values(RunResult run, String metric) {
        return run.getBenchmarkResults().stream()
                .map(BenchmarkResult::getIterationResults)
                .flatMap(Collection<IterationResult>::stream)
                .map(iteration -> (Result<?>) iteration.getSecondaryResults().get(metric))
                .mapToDouble(Result::getScore)
                .sorted()
                .toArray();
    }

    private static double median(double[] sorted) {
        return sorted[sorted.length / 2];
    }
}
