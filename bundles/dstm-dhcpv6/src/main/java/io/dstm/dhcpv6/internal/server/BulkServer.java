package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.common.Addresses;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Inet6Address;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bulk leasequery over TCP (RFC 5460): a thread a connection, of which there are few, each with one buffer, so that a slow reader
 * holds that and no more. Connections of others than the configured askers are closed at once.
 */
final class BulkServer {

    /** BULK_LQ_DATA_TIMEOUT (RFC 5460 section 5.6), less is not recommended: how long a connection may stand still. */
    static final Duration DATA_TIMEOUT = Duration.ofMinutes(5);

    private static final Logger log = LoggerFactory.getLogger(BulkServer.class);

    private static final int BUFFER = 8192;

    private final LeaseQueryDesk desk;
    private final Supplier<@Nullable ServerContext> context;
    private final Consumer<ServerCounter> counters;
    private final int port;
    private final Duration patience;
    private final Set<Connection> connections = ConcurrentHashMap.newKeySet();

    /** Guarded by this. */
    private @Nullable ServerSocket listening;

    BulkServer(
            LeaseQueryDesk desk,
            Supplier<@Nullable ServerContext> context,
            Consumer<ServerCounter> counters,
            int port,
            Duration patience) {
        this.desk = desk;
        this.context = context;
        this.counters = counters;
        this.port = port;
        this.patience = patience;
    }

    /** Opens the port if there is somebody who may ask, closes it else, and ends what stands still; what is wrong, or empty. */
    synchronized String look() {
        ServerContext server = context.get();
        boolean wanted = server != null
                && !server.settings().operation().leasequeryClients().isEmpty();
        if (!wanted) {
            close();
            return "";
        }
        connections.forEach(Connection::endIfStalled);
        ServerSocket open = listening;
        if (open != null && !open.isClosed()) {
            return "";
        }
        try {
            ServerSocket opened = new ServerSocket();
            opened.setReuseAddress(true);
            opened.bind(Addresses.socket(Ipv6Address.UNSPECIFIED, 0, port));
            listening = opened;
            start("dstm-dhcpv6-bulk", () -> accept(opened));
            return "";
        } catch (IOException refused) {
            return "TCP port " + port + " cannot be opened for bulk leasequery (" + refused.getMessage() + ")";
        }
    }

    /** Stops; connections end in the middle of what they are sent. */
    synchronized void close() {
        ServerSocket open = listening;
        listening = null;
        if (open != null) {
            quietly(open);
        }
        connections.forEach(Connection::end);
    }

    /** The port it listens on; 0 if it does not. */
    synchronized int listensOn() {
        ServerSocket open = listening;
        return open == null || open.isClosed() ? 0 : open.getLocalPort();
    }

    private static void start(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        thread.start();
    }

    private static void quietly(AutoCloseable open) {
        try {
            open.close();
        } catch (Exception ignored) {
            log.debug("not closed", ignored);
        }
    }

    private void accept(ServerSocket open) {
        while (!open.isClosed()) {
            try {
                Socket socket = open.accept();
                Optional<ServerCounter> refused = admit(socket);
                if (refused.isPresent()) {
                    counters.accept(refused.get());
                    quietly(socket);
                } else {
                    Connection connection = new Connection(socket);
                    connections.add(connection);
                    start("dstm-dhcpv6-bulk-connection", connection);
                }
            } catch (IOException closed) {
                log.debug("nothing accepted", closed);
                pause();
            }
        }
    }

    /** A kernel without descriptors refuses at once, again and again. */
    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private Optional<ServerCounter> admit(Socket socket) {
        ServerContext server = context.get();
        if (server == null
                || !(socket.getInetAddress() instanceof Inet6Address asker)
                || server.settings().operation().leasequeryClients().stream()
                        .noneMatch(prefix -> prefix.contains(Ipv6Address.ofBytes(asker.getAddress(), 0)))) {
            return Optional.of(ServerCounter.DROP_BULK_NOT_ALLOWED);
        }
        return connections.size() >= server.settings().operation().leasequeryConnections()
                ? Optional.of(ServerCounter.DROP_BULK_CONNECTIONS)
                : Optional.empty();
    }

    private final class Connection implements Runnable {

        private final Socket socket;
        private volatile long moved = System.nanoTime();
        private volatile boolean stalled;

        Connection(Socket socket) {
            this.socket = socket;
        }

        @Override
        public void run() {
            try (socket) {
                // Reading ends by itself; writing to who does not read is ended by the look.
                socket.setSoTimeout((int) patience.toMillis());
                converse();
            } catch (IOException | UncheckedIOException broken) {
                log.debug("connection of {} ended", socket.getRemoteSocketAddress(), broken);
                if (stalled || broken instanceof SocketTimeoutException) {
                    counters.accept(ServerCounter.DROP_BULK_STALLED);
                }
            } finally {
                connections.remove(this);
            }
        }

        private void converse() throws IOException {
            BufferedInputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER);
            OutputStream out = new BufferedOutputStream(socket.getOutputStream(), BUFFER);
            while (true) {
                Optional<byte[]> query = BulkFraming.read(in);
                ServerContext server = context.get();
                if (query.isEmpty() || server == null) {
                    return;
                }
                moved();
                if (!(server.codec().decode(query.get()) instanceof Decoded.Good good)
                        || !(good.message() instanceof Message.Direct message)) {
                    counters.accept(ServerCounter.DROP_BULK_MALFORMED);
                    return;
                }
                ServerCounter ended = desk.stream(server, message, answer -> {
                    try {
                        BulkFraming.write(out, server.codec().encode(answer));
                    } catch (IOException broken) {
                        throw new UncheckedIOException(broken);
                    }
                    moved();
                });
                out.flush();
                moved();
                counters.accept(ended);
                if (ended != ServerCounter.DONE_BULK_QUERY) {
                    return;
                }
            }
        }

        private void moved() {
            moved = System.nanoTime();
        }

        void endIfStalled() {
            if (System.nanoTime() - moved > 2 * patience.toNanos()) {
                stalled = true;
                end();
            }
        }

        void end() {
            quietly(socket);
        }
    }
}
