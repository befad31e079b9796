package io.dstm.bench.datapath;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.datapath.internal.linux.LinuxDatapath;
import io.dstm.datapath.internal.netlink.LinuxNetworkControl;
import io.dstm.tep.internal.control.Control;
import io.dstm.tep.internal.control.Tep;
import io.dstm.tep.internal.control.TepManager;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * The product's TEP in a network namespace: {@code TepHost CLIENTS SHARED KEY=VALUE...}. Client i has the PSID in the low
 * {@code SHARED} bits of i, the address that the others say above 10.0.0.0, and the tunnel source 2001:db8:c:: plus i + 1. Prints
 * {@code ready} when it forwards, then obeys what it reads, and prints {@code done} and a result after each:
 * {@code churn RATE SECONDS} takes bindings of the upper half of clients away and gives them back, {@code reload KEY=VALUE} applies a configuration,
 * {@code status}. It ends with its input.
 */
public final class TepHost {

    private static final long FIRST = 0x0A00_0000L;
    private static final long SOURCE = 0x2001_0db8_000c_0000L;
    private static final int BATCH = 50;

    private final int clients;
    private final int shared;
    private final Ipv6Address tunnelAddress;
    private final TunnelEndPoint tep;
    private final Instant end = Instant.now().plusSeconds(86_400);

    private TepHost(int clients, int shared, TunnelEndPoint tep) {
        this.clients = clients;
        this.shared = shared;
        this.tep = tep;
        this.tunnelAddress = tep.tunnelAddress();
    }

    private Binding binding(int client) {
        PortSet ports = shared == 0 ? PortSet.FULL : new PortSet(0, shared, client & (1 << shared) - 1);
        return new Binding(
                new LeaseKey(new Ipv4Address((int) FIRST + (client >>> shared)), ports),
                new Ipv6Address(SOURCE, client + 1L),
                tunnelAddress,
                end);
    }

    private void fill() throws Exception {
        List<Binding> bindings = new ArrayList<>(clients);
        for (int i = 0; i < clients; i++) {
            bindings.add(binding(i));
        }
        Ipv4Address last = new Ipv4Address((int) FIRST + (clients - 1 >>> shared));
        tep.resync(List.of(new Ipv4Range(new Ipv4Address((int) FIRST), last)), bindings)
                .toCompletableFuture()
                .get(120, TimeUnit.SECONDS);
    }

    /** Takes so many bindings a second of the upper half away and gives them back, a batch at a time; how many were changed. */
    private long churn(int rate, int seconds) throws Exception {
        Random random = new Random(1);
        long begin = System.nanoTime();
        long until = begin + TimeUnit.SECONDS.toNanos(seconds);
        long changed = 0;
        while (System.nanoTime() < until) {
            List<Binding> batch = new ArrayList<>(BATCH);
            List<LeaseKey> keys = new ArrayList<>(BATCH);
            for (int i = 0; i < BATCH; i++) {
                Binding one = binding(clients / 2 + random.nextInt(clients - clients / 2));
                batch.add(one);
                keys.add(one.key());
            }
            tep.remove(keys).toCompletableFuture().get(30, TimeUnit.SECONDS);
            tep.install(batch).toCompletableFuture().get(30, TimeUnit.SECONDS);
            changed += 2 * BATCH;
            long due = begin + changed * TimeUnit.SECONDS.toNanos(1) / rate;
            while (System.nanoTime() < due) {
                LockSupport.parkNanos(due - System.nanoTime());
            }
        }
        return changed;
    }

    /** Does as the class says. */
    public static void main(String[] arguments) throws Exception {
        Map<String, Object> properties = new HashMap<>();
        for (int i = 2; i < arguments.length; i++) {
            set(properties, arguments[i]);
        }
        AtomicReference<TunnelEndPoint> registered = new AtomicReference<>();
        try (LinuxDatapath datapath = new LinuxDatapath(null);
                Control.OwnThread control = new Control.OwnThread("dstm-tep-control");
                TepManager manager = new TepManager(
                        new Tep.Surroundings(
                                datapath,
                                new LinuxNetworkControl(null),
                                control,
                                Clock.systemUTC(),
                                System::nanoTime,
                                42),
                        tep -> {
                            registered.set(tep);
                            return () -> {};
                        })) {
            manager.configure(properties);
            TunnelEndPoint tep = registered.get();
            if (tep == null) {
                throw new IllegalArgumentException(manager.report().toString());
            }
            TepHost host = new TepHost(Integer.parseInt(arguments[0]), Integer.parseInt(arguments[1]), tep);
            host.fill();
            System.out.println("ready " + tep.status().datapath());
            host.obey(manager, properties);
        }
    }

    private void obey(TepManager manager, Map<String, Object> properties) throws Exception {
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = orders.readLine(); line != null; line = orders.readLine()) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "churn" ->
                    System.out.println("done " + churn(Integer.parseInt(words[1]), Integer.parseInt(words[2])));
                case "reload" -> {
                    set(properties, words[1]);
                    manager.configure(properties);
                    // Runs after what the configuration has set off.
                    tep.remove(List.of()).toCompletableFuture().get(120, TimeUnit.SECONDS);
                    System.out.println("done " + manager.report());
                }
                case "resync" -> {
                    fill();
                    System.out.println("done");
                }
                default -> System.out.println("done " + tep.status() + " " + tep.counters());
            }
        }
    }

    private static void set(Map<String, Object> properties, String pair) {
        String[] parts = pair.split("=", 2);
        properties.put(parts[0], parts[1]);
    }
}
