package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.common.Addresses;
import io.dstm.dhcpv6.internal.common.Datagrams;
import io.dstm.dhcpv6.internal.common.DuidFile;
import io.dstm.dhcpv6.internal.common.NettyTransport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DatagramChannel;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's socket, [::]:547, and its membership in ff02::1:2 and ff05::1:3 on the configured interfaces. A watch looks once a
 * second whether identity, socket and memberships are as they should be and mends what is not, so neither an interface that
 * appears later nor a port that becomes free needs anybody's hand.
 */
public final class ServerEndpoint implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(ServerEndpoint.class);

    private static final String STARTING = "the server starts";

    private static final List<Ipv6Address> GROUPS =
            List.of(Ipv6Address.ALL_DHCP_RELAY_AGENTS_AND_SERVERS, Addresses.ALL_DHCP_SERVERS);

    private static final long LOOK_MILLIS = 1000;

    private final ServerEngine engine;
    private final Supplier<Optional<ServerSettings>> settings;
    private final DuidFile identity;
    private final Path directory;
    private final NettyTransport transport;
    private final EventLoopGroup loop;
    private final Outbox outbox;
    private final BulkServer bulk;
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "dstm-dhcpv6-server-watch");
        thread.setDaemon(true);
        return thread;
    });

    /** Index of each joined interface by name. This and what follows belongs to the watch. */
    private final Map<String, Integer> joined = new HashMap<>();

    private @Nullable ServerSettings inForce;
    private @Nullable Reconfiguration calls;
    private boolean noting;

    private volatile @Nullable DatagramChannel channel;
    private volatile LocalLinks links = LocalLinks.NONE;
    private volatile String trouble = STARTING;

    /**
     * An endpoint that does nothing until it is started.
     *
     * @param directory where it keeps what must outlive it, besides its identity
     */
    public ServerEndpoint(
            ServerEngine engine,
            Supplier<Optional<ServerSettings>> settings,
            DuidFile identity,
            Path directory,
            NettyTransport transport) {
        this.directory = directory;
        this.engine = engine;
        this.settings = settings;
        this.identity = identity;
        this.transport = transport;
        this.loop = transport.newLoop("dstm-dhcpv6-server");
        this.outbox = new Outbox(loop.next(), engine::notSent);
        this.bulk = engine.bulkServer(RelayPath.SERVER_PORT, BulkServer.DATA_TIMEOUT);
    }

    /** Starts listening as soon as there is a configuration. */
    public void start() {
        var unused = watch.scheduleWithFixedDelay(this::look, 0, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    /** Has a new configuration looked at now. */
    public void refresh() {
        watch.execute(this::look);
    }

    /** Stops; returns when the socket is closed. */
    @Override
    public void close() {
        watch.shutdown();
        try {
            if (!watch.awaitTermination(5, TimeUnit.SECONDS)) {
                log.warn("DSTM-4107 The DHCPv6 server stops although its watch does not.");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        engine.use(null);
        bulk.close();
        Reconfiguration open = calls;
        if (open != null) {
            open.close();
        }
        loop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
    }

    /** One sentence: why it does not serve, or not everywhere; empty when all is well. */
    public String detail() {
        return trouble;
    }

    /** The same, but nothing before it was tried. */
    String trouble() {
        String latest = trouble;
        return latest.equals(STARTING) ? "" : latest;
    }

    /** {@code epoll} or {@code nio}. */
    public String transport() {
        return transport.name();
    }

    private void look() {
        try {
            Optional<ServerSettings> wanted = settings.get();
            String problem =
                    wanted.isEmpty() ? "there is no valid configuration io.dstm.dhcpv6.server" : serve(wanted.get());
            if (!problem.equals(trouble)) {
                trouble = problem;
                if (problem.isEmpty()) {
                    log.info("DSTM-4102 The DHCPv6 server listens on {} ({}).", joined.keySet(), transport.name());
                } else {
                    log.warn("DSTM-4103 The DHCPv6 server does not serve as configured: {}. It tries on.", problem);
                }
            }
        } catch (RuntimeException defect) {
            // A periodic task that throws would never run again.
            trouble = "internal problem: " + defect;
            log.error("DSTM-4104 The DHCPv6 server's watch failed and goes on. Please report this.", defect);
        }
    }

    /** Brings everything into the state it should have; what is missing, or empty. */
    private String serve(ServerSettings wanted) {
        if (!wanted.equals(inForce)) {
            Octets duid;
            try {
                duid = identity.get();
            } catch (IOException unreadable) {
                return "no identity: " + unreadable.getMessage();
            }
            engine.use(ServerContext.of(wanted, duid));
            engine.rehearse();
            inForce = wanted;
        }
        DatagramChannel open = channel;
        if (open == null || !open.isActive()) {
            joined.clear();
            ChannelFuture bound = Datagrams.bindBusy(
                            transport,
                            loop,
                            Addresses.socket(Ipv6Address.UNSPECIFIED, 0, RelayPath.SERVER_PORT),
                            new Receiver())
                    .awaitUninterruptibly();
            if (!bound.isSuccess()) {
                return "UDP port 547 cannot be opened (" + bound.cause().getMessage()
                        + "); stop the other DHCPv6 server or relay, or give this one CAP_NET_BIND_SERVICE";
            }
            open = (DatagramChannel) bound.channel();
            transport.onlyJoinedGroups(open);
            channel = open;
        }
        links = LocalLinks.of(wanted.interfaces());
        prepareNotes(wanted);
        StringBuilder missing = new StringBuilder(prepareCalls());
        String noBulk = bulk.look();
        if (!noBulk.isEmpty()) {
            missing.append(missing.isEmpty() ? "" : "; ").append(noBulk);
        }
        for (String name : wanted.interfaces()) {
            String problem = join(open, name);
            if (!problem.isEmpty()) {
                missing.append(missing.isEmpty() ? "" : "; ").append(problem);
            }
        }
        for (String name : List.copyOf(joined.keySet())) {
            if (!wanted.interfaces().contains(name)) {
                joined.remove(name);
                Optional<NetworkInterface> device = LocalLinks.find(name);
                if (device.isPresent()) {
                    leave(open, device.get());
                }
            }
        }
        return missing.toString();
    }

    /** Whoever may ask for leases is told of relays too. */
    private void prepareNotes(ServerSettings wanted) {
        if (!noting && !wanted.operation().leasequeryClients().isEmpty()) {
            noting = true;
            engine.noteRelaysIn(
                    RelayNotes.open(directory.resolve("dhcpv6-relays"), this::inBackground, InstantSource.system()));
        }
    }

    private void inBackground(Runnable task) {
        try {
            watch.execute(task);
        } catch (RejectedExecutionException stopped) {
            // What a stopped server does not write is heard again.
            log.debug("not written, the server stops", stopped);
        }
    }

    /** Has clients called from now on; what is wrong, or empty. Everything else works without. */
    private String prepareCalls() {
        if (calls == null) {
            try {
                calls = Reconfiguration.open(
                        directory, InstantSource.system(), watch, this::sendUnasked, engine::calls);
                engine.callWith(calls);
            } catch (IOException unreadable) {
                return "clients cannot be called: " + unreadable.getMessage();
            }
        }
        return "";
    }

    private void sendUnasked(Outgoing outgoing, String device) {
        int scope = device.isEmpty() ? 0 : links.indexOf(device);
        if (scope == 0 && !device.isEmpty()) {
            engine.notSent();
            return;
        }
        send(outgoing, scope);
    }

    private void send(Outgoing outgoing, int scope) {
        Channel open = channel;
        if (open != null) {
            outbox.add(open, outgoing, scope);
        }
    }

    /** Joins the groups on an interface unless that is done; what is wrong, or empty. */
    private String join(DatagramChannel open, String name) {
        Optional<NetworkInterface> device = LocalLinks.find(name);
        if (device.isEmpty()) {
            joined.remove(name);
            return "interface " + name + " is missing or down";
        }
        int index = device.get().getIndex();
        if (Objects.equals(joined.get(name), index)) {
            return "";
        }
        // An interface that was away has kept its membership or lost it, as it went; a second one would be an error.
        leave(open, device.get());
        for (Ipv6Address group : GROUPS) {
            String problem = membership(() -> open.joinGroup(Addresses.inet(group, 0), device.get(), null));
            if (!problem.isEmpty()) {
                return "cannot listen to " + group + " on " + name + " (" + problem + ")";
            }
        }
        joined.put(name, index);
        log.debug("joined on {} (index {})", name, index);
        return "";
    }

    private void leave(DatagramChannel open, NetworkInterface device) {
        for (Ipv6Address group : GROUPS) {
            String ignored = membership(() -> open.leaveGroup(Addresses.inet(group, 0), device, null));
            log.debug("left {} on {} {}", group, device.getName(), ignored);
        }
    }

    /**
     * Changes a membership and waits for it; what went wrong, or empty. On the event loop, since epoll's channel throws what fails
     * there instead of failing the future, which elsewhere would wait for ever.
     */
    private String membership(Supplier<ChannelFuture> change) {
        return loop.submit(() -> {
                    try {
                        ChannelFuture changed = change.get();
                        Throwable cause = changed.cause();
                        return cause == null ? "" : String.valueOf(cause.getMessage());
                    } catch (RuntimeException refused) {
                        return String.valueOf(refused.getMessage());
                    }
                })
                .awaitUninterruptibly()
                .getNow();
    }

    private final class Receiver implements Datagrams.Receiver {

        @Override
        public void received(byte[] payload, Ipv6Address source, int scope, int port) {
            LocalLinks known = links;
            if (scope != 0 && !known.has(scope)) {
                engine.otherInterface();
                return;
            }
            engine.receive(
                            payload,
                            new Arrival(
                                    source,
                                    port,
                                    scope == 0 ? "" : known.nameOf(scope),
                                    known.addressTowards(source, scope),
                                    known.ipv6Towards(source, scope)))
                    .thenAccept(answer -> answer.ifPresent(outgoing -> send(outgoing, scope)));
        }

        @Override
        public void tooLong() {
            engine.tooLong();
        }
    }
}
