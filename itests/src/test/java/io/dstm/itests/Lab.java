package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The namespaces and Karafs of {@code lab/lab}, one set for the whole run, removed when the JVM ends. */
final class Lab {

    /** The appliance: server and TEP. */
    static final String APPLIANCE = "app";

    static final String NODE1 = "node1";
    static final String NODE2 = "node2";

    /** Behind the DHCPv6 relay. */
    static final String NODE3 = "node3";

    static final String WEB = "web";
    static final String WEB_ADDRESS = "198.51.100.80";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String PREFIX = System.getProperty("lab.prefix", "dstmit");

    /** Longer than Karaf takes to see a file twice, which is when it takes it. */
    private static final Duration READ_WITHIN = Duration.ofSeconds(3);

    private static final Map<Path, Instant> WRITTEN = new ConcurrentHashMap<>();

    private static @Nullable Lab shared;

    private final String program = System.getProperty("lab", "../lab/lab");
    private final Path logs;

    private Lab(Path logs) {
        this.logs = logs;
    }

    private static Path logs() {
        return Path.of(System.getProperty("lab.logs", "target/lab-logs"));
    }

    /**
     * A lab of the caller's own, without any Karaf yet, for tests that run before all that share one; the caller ends it.
     *
     * @param name where below {@code target/} its logs are kept
     * @param command how it is laid out: {@code up}, {@code void}
     */
    static Lab alone(String name, String command) {
        assertThat(shared).as("nobody shares a lab yet").isNull();
        Lab lab = new Lab(logs().resolveSibling(name + "-logs"));
        deleteTree(lab.logs);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(() -> finish(start(lab.labCommand("down")), Duration.ofMinutes(1))));
        lab.lab(command);
        return lab;
    }

    /** The running lab; the first call lays it out and boots the appliance and two nodes. */
    static synchronized Lab shared() {
        Lab lab = shared;
        if (lab == null) {
            lab = new Lab(logs());
            Runtime.getRuntime().addShutdownHook(new Thread(lab::end, "lab down"));
            lab.begin();
            shared = lab;
        }
        return lab;
    }

    private void begin() {
        deleteTree(logs);
        lab("up", "relay");
        List<Process> boots = List.of(
                start(labCommand("karaf-start", APPLIANCE, "server", "tep")),
                start(labCommand("karaf-start", NODE1, "client")),
                start(labCommand("karaf-start", NODE2, "client")));
        List<String> failures = new ArrayList<>();
        for (Process boot : boots) {
            Result result = finish(boot, Duration.ofMinutes(4));
            if (result.exit() != 0) {
                failures.add(result.toString());
            }
        }
        if (!failures.isEmpty()) {
            saveLogs();
            throw new AssertionError("the Karafs did not boot: " + failures);
        }
    }

    /** Keeps the logs and removes everything. */
    void end() {
        saveLogs();
        finish(start(labCommand("down")), Duration.ofMinutes(1));
    }

    /** Copies every log and configuration below {@code target/}. */
    void saveLogs() {
        finish(start(labCommand("logs", logs.toString())), Duration.ofSeconds(30));
    }

    /** What an earlier run left would be mistaken for this one's. */
    private static void deleteTree(Path tree) {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs a command of the lab; fails the test if it fails. */
    String lab(String... arguments) {
        Result result = finish(start(labCommand(arguments)), Duration.ofMinutes(4));
        assertThat(result.exit())
                .as("lab %s: %s", String.join(" ", arguments), result)
                .isZero();
        return result.output().strip();
    }

    /** Starts a command of the lab, to be finished later. */
    Process launch(String... arguments) {
        return start(labCommand(arguments));
    }

    /** Runs a program in a namespace and waits for its end. */
    Result run(String namespace, String... command) {
        return finish(spawn(namespace, command), Duration.ofMinutes(4));
    }

    /** Starts a program in a namespace. */
    Process spawn(String namespace, String... command) {
        return start(inNamespace(namespace, command));
    }

    /** Starts a program of somebody else's on a host of the access networks, as if on a machine of its own. */
    Process guest(String namespace, String... command) {
        List<String> arguments = new ArrayList<>(List.of("guest", namespace));
        arguments.addAll(Arrays.asList(command));
        return start(labCommand(arguments.toArray(String[]::new)));
    }

    /** What a program that still runs has written so far. */
    static String soFar(Process process) {
        try {
            return Files.readString(OUTPUTS.get(process.pid()), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for a program that was started here and takes its output. */
    static Result finish(Process process, Duration patience) {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError("still runs after " + patience + ": " + process.info());
            }
            Path output = OUTPUTS.remove(process.pid());
            String text = Files.readString(output, StandardCharsets.ISO_8859_1);
            Files.delete(output);
            return new Result(process.exitValue(), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    /** Runs a Karaf shell command. */
    String shell(String namespace, String command) {
        return lab("shell", namespace, command);
    }

    /** Runs a Karaf shell command with {@code --json}. */
    JsonNode json(String namespace, String command) {
        String output = shell(namespace, command + " --json");
        int begin = (int) output.chars().takeWhile(c -> c != '{' && c != '[').count();
        try {
            return JSON.readTree(output.substring(begin));
        } catch (IOException e) {
            throw new AssertionError("no JSON from " + command + ": " + output, e);
        }
    }

    /** {@code curl -4} on a node, as a user would call it; the body, without the line's end. */
    String curl(String namespace, String... arguments) {
        List<String> command = new ArrayList<>(List.of("curl", "-4", "-sS", "-f", "--max-time", "120"));
        command.addAll(Arrays.asList(arguments));
        Result result = run(namespace, command.toArray(String[]::new));
        if (result.exit() != 0) {
            throw new AssertionError(
                    command + " on " + namespace + ": " + result + whatIsThere(namespace) + whatIsThere(APPLIANCE));
        }
        return result.output().strip();
    }

    /** What decides where packets of a namespace go, for the message of a failure; of a Karaf also what it did with them. */
    private String whatIsThere(String namespace) {
        List<String> questions =
                new ArrayList<>(List.of("ip addr", "ip route", "ip -6 route", "ip neigh", "ip -s link"));
        StringBuilder text = new StringBuilder("\n--- ").append(namespace);
        for (String question : questions) {
            text.append("\n# ").append(question).append('\n');
            text.append(run(namespace, question.split(" ")).output());
        }
        if (Files.isDirectory(Path.of(lab("path", namespace)))) {
            for (String question : List.of("dstm:status", "dstm:bindings", "dstm:leases")) {
                text.append("\n# ").append(question).append('\n');
                text.append(finish(launch("shell", namespace, question), Duration.ofMinutes(1))
                        .output());
            }
        }
        return text.toString();
    }

    /** The IPv4 address and port a node's flow has in the eyes of the web server. */
    String[] whoAmI(String namespace) {
        return curl(namespace, "http://" + WEB_ADDRESS + "/whoami").split(" ");
    }

    /** The IPv4 addresses a namespace's device has, without their lengths. */
    List<String> addresses(String namespace, String device) {
        Result result = run(namespace, "ip", "-4", "-o", "addr", "show", "dev", device);
        return result.output()
                .lines()
                .map(line -> line.replaceFirst(".* inet ([0-9.]+).*", "$1"))
                .toList();
    }

    /** A file of a namespace's Karaf. */
    Path karafFile(String namespace, String file) {
        return Path.of(lab("path", namespace)).resolve(file);
    }

    /**
     * Writes a configuration file at once, as an editor does that renames. Karaf notes the state of a file after it has read it: what
     * is saved in just that moment is never seen, so a file that is saved again soon is touched once more later.
     */
    void configure(String namespace, String pid, String... lines) {
        Path file = karafFile(namespace, "etc/" + pid + ".cfg");
        Instant before = WRITTEN.put(file, Instant.now());
        if (before != null && before.plus(READ_WITHIN).isAfter(Instant.now())) {
            touchLater(file);
        }
        Path draft = file.resolveSibling(pid + ".cfg.draft");
        try {
            Files.write(draft, List.of(lines));
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void touchLater(Path file) {
        Thread touch = new Thread(() -> {
            pause(READ_WITHIN);
            try {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
            } catch (IOException gone) {
                // It was removed meanwhile.
            }
        });
        touch.setDaemon(true);
        touch.start();
    }

    /** Removes a configuration file. */
    void unconfigure(String namespace, String pid) {
        Path file = karafFile(namespace, "etc/" + pid + ".cfg");
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Lets the pool that all started with serve these clients alone. A client that comes back is given what it had, so a test that
     * wants it elsewhere must close this door.
     */
    void mainPoolServes(String clients) {
        configure(APPLIANCE, "io.dstm.pool-main", "ranges = 192.0.2.1-192.0.2.14", "clients = " + clients, "tep = tep");
    }

    /** Makes a node give its lease back, by a moment of an idle time of a second. */
    void giveBack(String node) {
        List<String> before = leasedAddresses(node);
        if (before.isEmpty()) {
            return;
        }
        configure(node, "io.dstm.client", "idle.release = 1s");
        eventually(node + " gives " + before + " back", Duration.ofSeconds(20), () -> leasedAddresses(node)
                .isEmpty());
        configure(node, "io.dstm.client", "idle.release = 0s");
    }

    /** The addresses of a node's device without the placeholder of RFC 7335. */
    List<String> leasedAddresses(String node) {
        return addresses(node, "dstm0").stream()
                .filter(address -> !address.startsWith("192.0.0."))
                .toList();
    }

    /** Every counter of a namespace's status, by name, in packets. */
    Map<String, Long> counters(String namespace) {
        Map<String, Long> counters = new TreeMap<>();
        for (JsonNode owner : json(namespace, "dstm:status").findValues("counters")) {
            owner.fields()
                    .forEachRemaining(counter -> counters.put(
                            counter.getKey(), counter.getValue().path("packets").asLong()));
        }
        return counters;
    }

    /** A file of the lab's own directory. */
    String file(String name) {
        return Path.of(program).resolveSibling(name).toString();
    }

    /** The log of a namespace's Karaf. */
    String log(String namespace) {
        try {
            return Files.readString(karafFile(namespace, "data/log/karaf.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until something holds, and fails with what it says if it never does. */
    static void eventually(String what, Duration patience, Callable<Boolean> condition) {
        long deadline = System.nanoTime() + patience.toNanos();
        Throwable last = null;
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (Exception | AssertionError e) {
                last = e;
            }
            if (System.nanoTime() > deadline) {
                throw new AssertionError("not within " + patience + ": " + what, last);
            }
            pause(Duration.ofMillis(100));
        }
    }

    /** Lets time pass where the passing of time is what is tested or polled. */
    static void pause(Duration time) {
        try {
            TimeUnit.NANOSECONDS.sleep(time.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted", e);
        }
    }

    private static final Map<Long, Path> OUTPUTS = new ConcurrentHashMap<>();

    /** Output goes to a file: a pipe nobody reads would stop a program that says much. */
    static Process start(List<String> command) {
        try {
            Path output = Files.createTempFile("dstm-itest", ".out");
            ProcessBuilder builder =
                    new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            builder.environment().put("LAB_STOCK_KARAF", System.getProperty("stock.karaf", ""));
            Process process = builder.start();
            OUTPUTS.put(process.pid(), output);
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> labCommand(String... arguments) {
        List<String> command = new ArrayList<>(List.of("bash", program, "-p", PREFIX));
        command.addAll(Arrays.asList(arguments));
        return command;
    }

    /** How {@code ip netns} calls a namespace. */
    static String namespace(String name) {
        return PREFIX + "-" + name;
    }

    private static List<String> inNamespace(String namespace, String... command) {
        List<String> whole = new ArrayList<>(List.of("ip", "netns", "exec", namespace(namespace)));
        whole.addAll(Arrays.asList(command));
        return whole;
    }

    /**
     * How a program ended.
     *
     * @param exit its exit status
     * @param output what it wrote, both streams
     */
    record Result(int exit, String output) {

        @Override
        public String toString() {
            return "exit " + exit + ": " + output.strip();
        }
    }
}
