package io.dstm.datapath.internal.testing;

import io.dstm.api.datapath.Datapath.Tunnel;
import io.dstm.api.datapath.FastPath;
import io.dstm.datapath.internal.linux.LinuxDatapath;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/** The TEP of a {@link TepNetwork} in a process of its own, which can be killed. */
public final class TepProcess implements AutoCloseable {

    private static final String READY = "at work: ";
    private static final int PATIENCE_SECONDS = 60;

    private final Process process;
    private final String description;

    /** Starts it and waits until it forwards. */
    public TepProcess(TepNetwork network, boolean keep, Map<String, String> properties) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        properties.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                TepProcess.class.getName(),
                String.valueOf(keep)));
        process = network.tep().start(command.toArray(String[]::new));
        CompletableFuture<String> ready = CompletableFuture.supplyAsync(() -> awaitReady(process));
        try {
            description = ready.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException hangs) {
            close();
            throw hangs;
        }
    }

    private static String awaitReady(Process process) {
        StringBuilder said = new StringBuilder();
        try (Stream<String> lines = process.inputReader(StandardCharsets.UTF_8).lines()) {
            return lines.peek(line -> said.append(line).append('\n'))
                    .filter(line -> line.startsWith(READY))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("It ended: " + said))
                    .substring(READY.length());
        }
    }

    /** How it forwards. */
    public String description() {
        return description;
    }

    /** Kills it and waits until it is gone. */
    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Forwards until it is killed, or its input ends with the process that started it. */
    public static void main(String[] arguments) throws Exception {
        try (LinuxDatapath datapath = new LinuxDatapath(null)) {
            Tunnel tunnel = datapath.open(TepNetwork.tunnel(), TepNetwork.rules());
            FastPath path = TepNetwork.configured(datapath.openFastPath(
                    tunnel, List.of("wire1", "link0"), Boolean.parseBoolean(arguments[0]), FastPath.Way.TC));
            path.replace(TepNetwork.SERVED, List.of(TepNetwork.binding()));
            System.out.println(READY + path.description());
            while (System.in.read() >= 0) {
                // It is told nothing.
            }
        }
    }
}
