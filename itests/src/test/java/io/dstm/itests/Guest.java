package io.dstm.itests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A host without an IPv6 address, for DHCPv6 clients that are not ours. */
final class Guest {

    private static final Duration END = Duration.ofSeconds(20);

    private final Lab lab;
    final String namespace;
    private final Path home;

    Guest(Lab lab, String namespace) {
        this.lab = lab;
        this.namespace = namespace;
        this.home = Path.of(lab.lab("path")).resolve("guests").resolve(namespace);
        // Lays out its files.
        Lab.finish(lab.guest(namespace, "true"), END);
    }

    /** Writes a file of its /etc; a script can be run. */
    void write(String name, String... lines) {
        try {
            Path file = home.resolve("etc").resolve(name);
            Files.write(file, List.of(lines));
            if (lines[0].startsWith("#!")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A hook that writes down what a client tells it, and then does what the client's own script does. */
    void writeHook(String name, String then) {
        write(name, "#!/bin/sh", "{ env; echo --; } >>/run/hook.log", then);
    }

    /** What the client told its hook, one map a call. */
    List<Map<String, String>> told() {
        try {
            Path file = home.resolve("run/hook.log");
            if (!Files.exists(file)) {
                return List.of();
            }
            List<Map<String, String>> calls = new ArrayList<>();
            Map<String, String> call = new LinkedHashMap<>();
            for (String line : Files.readAllLines(file)) {
                int equals = line.indexOf('=');
                if (line.equals("--")) {
                    calls.add(call);
                    call = new LinkedHashMap<>();
                } else if (equals > 0) {
                    call.put(line.substring(0, equals), line.substring(equals + 1));
                }
            }
            return calls;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The newest call with that reason, once there is one. */
    Map<String, String> awaitTold(String reason) {
        Lab.eventually("the client's hook hears " + reason, Duration.ofSeconds(30), () -> told().stream()
                .anyMatch(call -> reason.equals(call.get("reason"))));
        return told().stream()
                .filter(call -> reason.equals(call.get("reason")))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    /** Forgets what was told. */
    void forget() {
        try {
            Files.deleteIfExists(home.resolve("run/hook.log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Process start(String... command) {
        return lab.guest(namespace, command);
    }

    Lab.Result run(String... command) {
        return Lab.finish(start(command), END);
    }

    /** Ends a program by a signal and returns what it wrote. */
    String end(Process process, String signal) {
        Lab.finish(Lab.start(List.of("kill", "-" + signal, "" + process.pid())), END);
        return Lab.finish(process, END).output();
    }

    /** Waits until a program has written something. */
    static void awaitWritten(Process process, String text) {
        Lab.eventually("the client says: " + text, Duration.ofSeconds(30), () -> Lab.soFar(process)
                .contains(text));
    }

    /** What a client is known by that takes its device's address for a DUID-LL. */
    String duid() {
        String device =
                lab.run(namespace, "cat", "/sys/class/net/access/address").output();
        return "duid:00030001" + device.strip().replace(":", "");
    }

    /** Its IPv6 addresses from elsewhere than its link. */
    List<String> addresses() {
        return lab.run(namespace, "ip", "-6", "-o", "addr", "show", "dev", "access", "scope", "global")
                .output()
                .lines()
                .map(line -> line.replaceFirst(".* inet6 ([0-9a-f:]+)/.*", "$1"))
                .toList();
    }
}
