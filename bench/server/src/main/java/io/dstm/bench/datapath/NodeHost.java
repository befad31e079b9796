package io.dstm.bench.datapath;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.LeaseSource;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.client.internal.engine.ClientConfig;
import io.dstm.client.internal.engine.ClientEngine;
import io.dstm.datapath.internal.linux.LinuxDatapath;
import io.dstm.datapath.internal.netlink.LinuxNetworkControl;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * The product's node in a network namespace: {@code NodeHost LEASE NODE TEP KEY=VALUE...}, the leased IPv4 address and the IPv6 ends
 * of the tunnel. Prints {@code ready} when it has the lease, then obeys what it reads, and prints {@code done} and a result after
 * each: {@code reload KEY=VALUE} applies a configuration, {@code status}. It ends with its input.
 */
public final class NodeHost {

    private NodeHost() {}

    /** Always the same lease. */
    private record Given(ClientLease lease) implements LeaseSource {

        @Override
        public String name() {
            return "dhcpv6";
        }

        @Override
        public CompletableFuture<ClientLease> acquire() {
            return CompletableFuture.completedFuture(lease);
        }

        @Override
        public CompletableFuture<ClientLease> renew(ClientLease held) {
            return acquire();
        }

        @Override
        public CompletableFuture<ClientLease> rebind(ClientLease held) {
            return acquire();
        }

        @Override
        public CompletionStage<Void> release(ClientLease held) {
            return CompletableFuture.completedStage(null);
        }

        @Override
        public CompletionStage<Void> decline(ClientLease held) {
            return release(held);
        }
    }

    /** Does as the class says. */
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> properties = new HashMap<>();
        for (int i = 3; i < arguments.length; i++) {
            set(properties, arguments[i]);
        }
        ClientLease lease = new ClientLease(
                new LeaseKey(Ipv4Address.parse(arguments[0]), PortSet.FULL),
                Ipv6Address.parse(arguments[1]),
                Ipv6Address.parse(arguments[2]),
                Instant.now(),
                Duration.ofHours(10),
                Duration.ofHours(16),
                Duration.ofHours(20));
        ScheduledExecutorService loop = Executors.newSingleThreadScheduledExecutor();
        try (LinuxDatapath datapath = new LinuxDatapath(null)) {
            ClientEngine engine = new ClientEngine(
                    ClientConfig.read(properties),
                    datapath,
                    new LinuxNetworkControl(null),
                    null,
                    Clock.systemUTC(),
                    System::nanoTime,
                    loop);
            engine.addSource(new Given(lease));
            engine.start();
            engine.demand("a benchmark").toCompletableFuture().get(30, TimeUnit.SECONDS);
            System.out.println("ready " + engine.status().datapath());
            obey(engine, properties);
            engine.stop(Duration.ofSeconds(5));
        } finally {
            loop.shutdownNow();
        }
    }

    private static void obey(ClientEngine engine, Map<String, Object> properties) throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            String[] words = line.split(" ");
            if (words[0].equals("reload")) {
                set(properties, words[1]);
                engine.configure(ClientConfig.read(properties));
            }
            System.out.println("done " + engine.status().datapath());
        }
    }

    private static void set(Map<String, Object> properties, String pair) {
        String[] parts = pair.split("=", 2);
        properties.put(parts[0], parts[1]);
    }
}
