package io.dstm.bench.crash;

import io.dstm.api.lease.Lease;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv6Address;
import io.dstm.bench.server.OpenStore;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.common.Addresses;
import io.dstm.dhcpv6.internal.common.Datagrams;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import io.dstm.dhcpv6.internal.server.ServerContext;
import io.dstm.dhcpv6.internal.server.ServerEngine;
import io.dstm.dhcpv6.internal.server.ServerSettings;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.engine.LeaseServer;
import io.dstm.store.journal.internal.DirectoryDisk;
import io.dstm.store.journal.internal.Disk;
import io.dstm.store.journal.internal.JournalSizes;
import io.netty.channel.Channel;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The process that is killed: the product's store, engine, codec and protocol behind a socket on loopback; only OSGi is missing,
 * and the TEP is in the process of the harness. Says {@code port N} when it can be asked, and prints its leases for each line it
 * reads.
 */
final class ServerProcess {

    static final Octets DUID = Octets.parse("0003000102005e000001");

    /** So that segments come and go while the harness runs. */
    private static final JournalSizes SMALL = new JournalSizes(256 << 10, 1_000);

    private ServerProcess() {}

    /** Directory, port of the TEP, whether the end is a power cut, {@link Fault}, seed. */
    public static void main(String[] arguments) throws Exception {
        PrintStream out = System.out;
        Path directory = Path.of(arguments[0]);
        boolean powerCut = Boolean.parseBoolean(arguments[2]);
        Fault fault = Fault.valueOf(arguments[3]);
        LeaseStore store;
        try {
            store = open(directory, powerCut, fault, Long.parseLong(arguments[4]));
        } catch (LeaseStoreException unreadable) {
            out.println("unreadable " + unreadable.getMessage());
            return;
        }
        RemoteTep tep = new RemoteTep(Integer.parseInt(arguments[1]), fault == Fault.ANSWER_BEFORE_TEP);
        LeaseServer server = new LeaseServer(fault == Fault.ANSWER_BEFORE_COMMIT ? new HastyStore(store) : store);
        server.engine().configure(ServerConfig.read(Layout.SERVER));
        PoolRegistry pools = new PoolRegistry(InstantSource.system());
        Layout.POOLS.forEach((name, pool) -> pools.put("io.dstm.pool~" + name, pool));
        pools.subscribe(server.engine()::setPools);
        server.start();
        server.engine().addTep(tep);

        ServerEngine dhcp = new ServerEngine(server.engine(), InstantSource.system(), Duration.ofSeconds(5));
        dhcp.use(ServerContext.of(ServerSettings.read(Map.of("interfaces", "lo")), DUID));
        out.println("port " + listen(dhcp));
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (in.readLine() != null) {
            show(server, tep, out);
        }
        Runtime.getRuntime().halt(0);
    }

    private static int listen(ServerEngine dhcp) throws InterruptedException {
        NettyTransport transport = NettyTransport.best();
        CompletableFuture<Channel> socket = new CompletableFuture<>();
        Channel channel = Datagrams.bind(
                        transport,
                        transport.newLoop("dhcpv6"),
                        Addresses.socket(Ipv6Address.parse("::1"), 0, 0),
                        false,
                        new Datagrams.Receiver() {
                            @Override
                            public void received(byte[] payload, Ipv6Address source, int scope, int port) {
                                dhcp.receive(payload, source, port, null)
                                        .thenAccept(answer -> answer.ifPresent(one -> {
                                            var unused = Datagrams.send(
                                                    socket.join(),
                                                    one.octets(),
                                                    Addresses.socket(one.destination(), 0, one.port()));
                                        }));
                            }

                            @Override
                            public void tooLong() {}
                        })
                .sync()
                .channel();
        socket.complete(channel);
        return ((InetSocketAddress) channel.localAddress()).getPort();
    }

    private static LeaseStore open(Path directory, boolean powerCut, Fault fault, long seed)
            throws LeaseStoreException {
        boolean flushes = fault != Fault.NO_FLUSH;
        if (OpenStore.isH2()) {
            PowerCutFileSystem.register(flushes, seed);
            return OpenStore.h2(directory, powerCut ? PowerCutFileSystem.SCHEME + ":" : "file:");
        }
        Disk disk = DirectoryDisk.lock(directory);
        return OpenStore.journal(powerCut ? new PowerCutDisk(disk, directory, flushes, seed) : disk, SMALL);
    }

    private static void show(LeaseServer server, RemoteTep tep, PrintStream out) {
        StringBuilder text = new StringBuilder();
        server.engine().forEachLease(lease -> text.append(line(lease)).append('\n'));
        text.append(tep.isSynced() ? "end synced" : "end").append('\n');
        out.print(text);
        out.flush();
    }

    private static String line(Lease lease) {
        return String.join(
                " ",
                "lease",
                lease.address().toString(),
                Integer.toString(lease.ports().offset()),
                Integer.toString(lease.ports().psidLength()),
                Integer.toString(lease.ports().psid()),
                lease.client().identity(),
                lease.state().name(),
                lease.tunnelSource().toString(),
                Long.toString(lease.until().getEpochSecond()));
    }

    /** A store that promises before it writes. */
    private record HastyStore(LeaseStore store) implements LeaseStore {

        private static final ScheduledExecutorService LATE = Executors.newSingleThreadScheduledExecutor();
        private static final int LATE_MILLIS = 20;

        @Override
        public void load(Consumer<Lease> visitor) throws LeaseStoreException {
            store.load(visitor);
        }

        @Override
        public CompletionStage<Void> commit(List<Change> changes) {
            // Later, since the journal is often faster than the kill.
            var unused = LATE.schedule(() -> store.commit(changes), LATE_MILLIS, TimeUnit.MILLISECONDS);
            return CompletableFuture.completedFuture(null);
        }
    }
}
