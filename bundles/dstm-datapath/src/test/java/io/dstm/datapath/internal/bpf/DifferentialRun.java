package io.dstm.datapath.internal.bpf;

import java.util.Map;
import java.util.concurrent.Callable;

/** Many packets through the programs in the kernel and through the rules; {@code bench/differential} runs it. */
public final class DifferentialRun {

    /** Packets that meet one configuration. */
    private static final int EACH = 5000;

    private static final Map<String, Callable<Differential>> ALL = Map.of(
            "tep-xdp",
            () -> new TepDifferential(Tried.DRIVER),
            "tep-xdp-ahead",
            () -> new TepDifferential(Tried.TWO_STEPS),
            "tep-tc",
            () -> new TepDifferential(Tried.TC),
            "node-tc",
            NodeDifferential::new);

    private DifferentialRun() {}

    /** Arguments: how many packets, and optionally the seed and which programs. */
    public static void main(String[] arguments) throws Exception {
        long packets = Long.parseLong(arguments[0]);
        long seed = arguments.length > 1 ? Long.parseLong(arguments[1]) : System.nanoTime();
        System.out.println("seed " + seed);
        for (String name : ALL.keySet().stream().sorted().toList()) {
            if (arguments.length > 2 && !arguments[2].equals(name)) {
                continue;
            }
            long begin = System.nanoTime();
            try (Differential program = ALL.get(name).call()) {
                Differential.Result result = program.run(packets, EACH, seed);
                System.out.printf(
                        "%s: %d packets in %.0f s under %d configurations: %d decapsulated and %d encapsulated as the rules do,"
                                + " %d left as they were%n",
                        name,
                        packets,
                        (System.nanoTime() - begin) / 1e9,
                        (packets + EACH - 1) / EACH,
                        result.forwarded().decapsulated(),
                        result.forwarded().encapsulated(),
                        packets
                                - result.forwarded().decapsulated()
                                - result.forwarded().encapsulated());
            }
        }
        // The threads of the networks end with the process.
        System.exit(0);
    }
}
