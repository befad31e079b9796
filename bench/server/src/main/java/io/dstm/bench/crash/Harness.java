package io.dstm.bench.crash;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.lease.LeaseState;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.bench.server.OpenStore;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Starts a server, has clients ask it, kills it, looks at what is left, and starts the next on the same file and the same TEP.
 * Looked at are: at the moment of death, whether the TEP knows of every lease that a client was told of; after the restart,
 * whether every such lease is there as promised, nothing is lent twice, and the TEP's table is the leases.
 */
final class Harness implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** Longest load of a round; a server has then answered some thousand times. */
    private static final int LONGEST_LOAD_MILLIS = 1_200;

    /** A boot takes about as long, so that such a kill falls anywhere in it. */
    private static final int LONGEST_START_MILLIS = 1_500;

    /** What ends this soon is not looked at: it may end between two looks. */
    private static final Duration MARGIN = Duration.ofSeconds(2);

    private record Held(LeaseKey key, String client, LeaseState state, Ipv6Address source, Instant until) {}

    private final Path directory;
    private final Fault fault;
    private final Random random;
    private final Tally tally = new Tally();
    private final TepHost tep;
    private final Clients clients;

    Harness(Path directory, Fault fault, long seed) throws IOException {
        this.directory = directory;
        this.fault = fault;
        random = new Random(seed);
        tep = new TepHost();
        clients = new Clients(tally, random);
    }

    /** Kills that many servers, or fewer if {@code untilCaught} and something is wrong before; returns what was found. */
    Tally run(int rounds, boolean untilCaught) throws Exception {
        while (tally.rounds < rounds && !(untilCaught && !tally.isClean())) {
            tally.rounds++;
            boolean powerCut = fault == Fault.NO_FLUSH || random.nextBoolean();
            tally.powerCuts += powerCut ? 1 : 0;
            tep.receive();
            Process server = start(powerCut);
            try {
                if (fault == Fault.NONE && random.nextInt(5) == 0) {
                    tally.killsWhileStarting++;
                    Thread.sleep(random.nextInt(LONGEST_START_MILLIS));
                } else if (!load(server)) {
                    return tally;
                }
            } finally {
                server.destroyForcibly().waitFor();
            }
            clients.drain();
            tep.drain();
            lookAtTep();
        }
        if (tally.isClean()) {
            tep.receive();
            Process last = start(false);
            try {
                lookAtLeases(last);
            } finally {
                last.destroyForcibly().waitFor();
            }
        }
        return tally;
    }

    private Process start(boolean powerCut) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx192m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Ddstm.store=" + (OpenStore.isH2() ? "h2" : "journal"),
                        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                        "-cp",
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                        ServerProcess.class.getName(),
                        directory.resolve("store").toString(),
                        Integer.toString(tep.port()),
                        Boolean.toString(powerCut),
                        fault.name(),
                        Long.toString(random.nextLong()))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    /** Looks at what the server has after its start and loads it; false if it cannot go on. */
    private boolean load(Process server) throws Exception {
        if (!lookAtLeases(server)) {
            return false;
        }
        clients.run(random.nextInt(LONGEST_LOAD_MILLIS) * 1_000_000L);
        return true;
    }

    /** Every promise is kept by the TEP at the moment the server dies. */
    private void lookAtTep() {
        Map<LeaseKey, Binding> bindings = tep.bindings(Instant.now());
        for (Clients.Claim claim : clients.claims(Instant.now().plus(MARGIN))) {
            Binding binding = bindings.get(claim.key());
            if (binding == null || !claim.sources().contains(binding.tunnelSource())) {
                tally.different(claim + " is at the TEP " + binding);
            }
        }
        for (Clients.Return one : clients.returns()) {
            Binding binding = bindings.get(one.key());
            if (binding != null && one.sources().contains(binding.tunnelSource())) {
                tally.different(one + " is still at the TEP: " + binding);
            }
        }
    }

    private boolean lookAtLeases(Process server) throws Exception {
        BufferedReader lines = server.inputReader();
        String said = lines.readLine();
        if (said == null || !said.startsWith("port ")) {
            tally.lost("every lease: " + said);
            return false;
        }
        List<Held> leases = settled(server, lines);
        clients.turnTo(Integer.parseInt(said.substring(5)));
        Instant soon = Instant.now().plus(MARGIN);
        Map<LeaseKey, Held> active = new HashMap<>();
        Map<Ipv4Address, List<Held>> byAddress = new HashMap<>();
        for (Held lease : leases) {
            if (lease.state == LeaseState.ACTIVE && lease.until.isAfter(soon)) {
                active.put(lease.key, lease);
            }
            for (Held other : byAddress.computeIfAbsent(lease.key.address(), none -> new ArrayList<>())) {
                if (other.key.ports().overlaps(lease.key.ports())) {
                    tally.twice(lease + " and " + other);
                }
            }
            byAddress.get(lease.key.address()).add(lease);
        }
        for (Clients.Claim claim : clients.claims(soon)) {
            Held lease = active.get(claim.key());
            tally.compared++;
            if (lease == null
                    || !lease.client.equals(Clients.identity(claim.client()))
                    || !claim.sources().contains(lease.source)
                    || lease.until.isBefore(claim.until())) {
                tally.lost(claim + " became " + lease);
            }
        }
        Map<LeaseKey, Binding> bindings = tep.bindings(soon);
        active.forEach((key, lease) -> {
            Binding binding = bindings.remove(key);
            if (binding == null
                    || !binding.tunnelSource().equals(lease.source)
                    || !binding.expires().equals(lease.until)) {
                tally.different(lease + " is at the TEP " + binding);
            }
        });
        bindings.values().forEach(binding -> tally.different(binding + " is no lease"));
        return true;
    }

    /** The leases once the TEP was told of them and nothing is under way. */
    private static List<Held> settled(Process server, BufferedReader lines) throws Exception {
        PrintStream in = new PrintStream(server.getOutputStream(), true, java.nio.charset.StandardCharsets.US_ASCII);
        Instant deadline = Instant.now().plus(PATIENCE);
        while (true) {
            in.println();
            List<Held> leases = new ArrayList<>();
            String line = lines.readLine();
            while (line != null && line.startsWith("lease ")) {
                leases.add(held(line.split(" ")));
                line = lines.readLine();
            }
            boolean quiet = leases.stream()
                    .noneMatch(lease -> lease.state == LeaseState.PENDING || lease.state == LeaseState.ENDING);
            if (quiet && "end synced".equals(line)) {
                return leases;
            }
            if (line == null || Instant.now().isAfter(deadline)) {
                throw new AssertionError("the server does not come to rest: " + line + ", " + leases);
            }
            Thread.sleep(5);
        }
    }

    private static Held held(String[] words) {
        return new Held(
                new LeaseKey(
                        Ipv4Address.parse(words[1]),
                        new PortSet(
                                Integer.parseInt(words[2]), Integer.parseInt(words[3]), Integer.parseInt(words[4]))),
                words[5],
                LeaseState.valueOf(words[6]),
                Ipv6Address.parse(words[7]),
                Instant.ofEpochSecond(Long.parseLong(words[8])));
    }

    @Override
    public void close() throws IOException {
        clients.close();
        tep.close();
    }
}
