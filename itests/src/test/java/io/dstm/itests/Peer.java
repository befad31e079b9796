package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A server in a namespace, there while a test talks to it. */
final class Peer implements AutoCloseable {

    private static final Duration READY = Duration.ofSeconds(20);
    private static final Duration END = Duration.ofSeconds(10);

    private final Process process;

    private Peer(Process process) {
        this.process = process;
    }

    /** Starts a server and waits until {@code ss} with these options shows that it listens. */
    static Peer running(Lab lab, String namespace, List<String> socket, String... command) {
        Peer peer = new Peer(lab.spawn(namespace, command));
        String[] look = Stream.concat(Stream.of("ss"), socket.stream()).toArray(String[]::new);
        try {
            Lab.eventually(String.join(" ", command) + " listens", READY, () -> !lab.run(namespace, look)
                    .output()
                    .isBlank());
        } catch (AssertionError failure) {
            throw new AssertionError(failure.getMessage() + "; it said: " + peer.end(), failure);
        }
        return peer;
    }

    /** Answers datagrams with themselves. */
    static Peer echoingUdp(Lab lab, String namespace, String address, int port) {
        return probing(lab, namespace, List.of("-Hlnu", "sport = :" + port), "udp-echo", address, "" + port);
    }

    /** Answers {@code count} packets of an IP protocol with themselves. */
    static Peer echoingProtocol(Lab lab, String namespace, int protocol, int count) {
        return probing(
                lab, namespace, List.of("-Hlanw", "sport = :" + protocol), "raw-echo", "" + protocol, "" + count);
    }

    private static Peer probing(Lab lab, String namespace, List<String> socket, String... arguments) {
        return running(
                lab,
                namespace,
                socket,
                Stream.concat(Stream.of("python3", lab.file("probe.py")), Arrays.stream(arguments))
                        .toArray(String[]::new));
    }

    /** Runs {@code lab/probe.py} and returns what it found. */
    static String probe(Lab lab, String namespace, Object... arguments) {
        String[] command = Stream.concat(
                        Stream.of("python3", lab.file("probe.py")),
                        Arrays.stream(arguments).map(String::valueOf))
                .toArray(String[]::new);
        Lab.Result result = lab.run(namespace, command);
        assertThat(result.exit())
                .as("%s on %s: %s", Arrays.toString(command), namespace, result)
                .isZero();
        return result.output().strip();
    }

    /** Ends the server and returns what it wrote. */
    String end() {
        process.destroy();
        return Lab.finish(process, END).output();
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            end();
        }
    }
}
