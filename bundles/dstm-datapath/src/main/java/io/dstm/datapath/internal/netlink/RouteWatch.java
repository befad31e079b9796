package io.dstm.datapath.internal.netlink;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells whoever keeps next hops when they may have changed: listens to what the kernel says of devices, routes, rules and neighbours, on
 * a thread of its own. It also has the kernel make sure of neighbours that have gone stale, since packets that go round the network
 * stack do not.
 */
public final class RouteWatch implements AutoCloseable {

    /** Who keeps next hops. */
    public interface Listener {

        /** What was looked up before may be wrong. */
        void changed();

        /** What is looked up from now on may be kept for so long, if nothing else is said: this comes again long before. */
        void holds(Duration time);
    }

    private static final Logger log = LoggerFactory.getLogger(RouteWatch.class);

    private static final int GROUP_LINK = 1;
    private static final int GROUP_NEIGHBOUR = 1 << 2;
    private static final int GROUP_ROUTE4 = 1 << 6;
    private static final int GROUP_RULE4 = 1 << 7;
    private static final int GROUP_ROUTE6 = 1 << 10;
    private static final int GROUP_RULE6 = 1 << 18;
    private static final int GROUP_NEXT_HOP = 1 << 31;

    private static final int GET_NEIGHBOURS = 30;
    private static final int NEW_RULE = 32;
    private static final int DELETED_RULE = 33;
    private static final int GET_RULES = 34;

    private static final int RULE_FIXED = 12;
    private static final int RULE_PRIORITY = 6;
    private static final Set<Integer> EVERYONES_RULES = Set.of(0, 32766, 32767);

    private static final int STALE = 0x04;
    private static final int USE = 0x01;
    private static final int MOST_ASKED = 512;

    private static final int EVENT_BYTES = 32 << 10;
    private static final int BEAT_MILLIS = 500;
    private static final Duration HOLDS = Duration.ofSeconds(3);
    /** Routes that flap without end cost a look-up for each client this often. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long ASK_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final @Nullable Path nativeDirectory;
    private final Set<Integer> devices;
    private final Listener listener;
    private final int socket;
    private final int wake;
    private final Thread thread;
    private volatile boolean closed;

    // Used by the thread alone.
    private final Neighbours neighbours = new Neighbours();
    private boolean simple;

    private RouteWatch(
            @Nullable Path nativeDirectory, Collection<Integer> devices, Listener listener, int socket, int wake) {
        this.nativeDirectory = nativeDirectory;
        this.devices = Set.copyOf(devices);
        this.listener = listener;
        this.socket = socket;
        this.wake = wake;
        this.thread = new Thread(this::run, "dstm-routes");
        thread.setDaemon(true);
    }

    /**
     * Begins to listen, in the network of the calling thread.
     *
     * @param devices the indexes of those whose neighbours are in use
     */
    public static RouteWatch open(@Nullable Path nativeDirectory, Collection<Integer> devices, Listener listener)
            throws DatapathException {
        NativeLibraryLoader.load(nativeDirectory);
        int socket = NativeCalls.dstm_netlink_listen(GROUP_LINK
                | GROUP_NEIGHBOUR
                | GROUP_ROUTE4
                | GROUP_RULE4
                | GROUP_ROUTE6
                | GROUP_RULE6
                | GROUP_NEXT_HOP);
        if (socket < 0) {
            throw new DatapathException("Cannot listen to changes of routes: " + Errno.describe(-socket));
        }
        int wake = NativeCalls.dstm_wake_open();
        if (wake < 0) {
            NativeCalls.dstm_close(socket);
            throw new DatapathException("Cannot listen to changes of routes: " + Errno.describe(-wake));
        }
        RouteWatch watch = new RouteWatch(nativeDirectory, devices, listener, socket, wake);
        watch.thread.start();
        return watch;
    }

    private void run() {
        ByteBuffer events = ByteBuffer.allocateDirect(EVENT_BYTES).order(ByteOrder.nativeOrder());
        long nextAsk = System.nanoTime() + ASK_NANOS;
        try {
            readAgain();
            listener.changed();
            while (!closed) {
                if (simple) {
                    listener.holds(HOLDS);
                }
                int length = NativeCalls.dstm_netlink_events(socket, wake, events, EVENT_BYTES, BEAT_MILLIS);
                if (closed) {
                    return;
                }
                if (length == -Errno.ENOBUFS) {
                    readAgain();
                    listener.changed();
                } else if (length < 0) {
                    throw new DatapathException(Errno.describe(-length));
                } else if (length > 0 && isNews(events, length)) {
                    listener.changed();
                    LockSupport.parkNanos(PAUSE_NANOS);
                }
                if (System.nanoTime() - nextAsk >= 0) {
                    askForStale();
                    nextAsk = System.nanoTime() + ASK_NANOS;
                }
            }
        } catch (DatapathException | NetlinkException failure) {
            if (!closed) {
                log.warn(
                        "DSTM-6013 Changes of routes cannot be followed, so that the kernel looks up the next hop of every"
                                + " packet: {}",
                        failure.getMessage());
            }
        }
    }

    private boolean isNews(ByteBuffer events, int length) throws DatapathException, NetlinkException {
        boolean news = false;
        for (NetlinkMessage message : NetlinkMessage.parse(events, length)) {
            if (message.type() == Neighbours.NEW || message.type() == Neighbours.DELETED) {
                news |= neighbours.learn(message);
            } else {
                news = true;
                if (message.type() == NEW_RULE || message.type() == DELETED_RULE) {
                    simple = areRulesSimple();
                }
            }
        }
        return news;
    }

    private void readAgain() throws DatapathException, NetlinkException {
        neighbours.clear();
        for (NetlinkMessage message : listNeighbours()) {
            if (message.type() == Neighbours.NEW) {
                neighbours.learn(message);
            }
        }
        simple = areRulesSimple();
    }

    private Iterable<NetlinkMessage> listNeighbours() throws DatapathException, NetlinkException {
        return new Netlink(nativeDirectory)
                .request(new NetlinkRequest(GET_NEIGHBOURS, NetlinkRequest.FLAG_DUMP).neighbour(0, 0, 0));
    }

    /** Next hops depend on where a packet goes, and not on where it comes from or on marks. */
    private boolean areRulesSimple() throws DatapathException, NetlinkException {
        NetlinkRequest request = new NetlinkRequest(GET_RULES, NetlinkRequest.FLAG_DUMP).route(0, 0, 0, 0, 0, 0);
        for (NetlinkMessage message : new Netlink(nativeDirectory).request(request)) {
            if (message.type() != NEW_RULE || message.body().capacity() < RULE_FIXED) {
                continue;
            }
            ByteBuffer priority = message.attributes(RULE_FIXED).get(RULE_PRIORITY);
            if (!EVERYONES_RULES.contains(priority == null ? 0 : priority.getInt(0))) {
                return false;
            }
        }
        return true;
    }

    /** Has the kernel ask neighbours that it is not sure of any more. */
    private void askForStale() throws DatapathException, NetlinkException {
        int asked = 0;
        for (NetlinkMessage message : listNeighbours()) {
            if (message.type() != Neighbours.NEW
                    || message.body().capacity() < Neighbours.FIXED
                    || !devices.contains(message.body().getInt(4))
                    || Neighbours.state(message) != STALE
                    || ++asked > MOST_ASKED) {
                continue;
            }
            ByteBuffer address = message.attributes(Neighbours.FIXED).get(Neighbours.ADDRESS);
            if (address == null) {
                continue;
            }
            byte[] octets = new byte[address.capacity()];
            address.get(0, octets);
            try {
                new Netlink(nativeDirectory)
                        .request(new NetlinkRequest(Neighbours.NEW, NetlinkRequest.FLAG_ACK)
                                .neighbour(message.body().get(0), message.body().getInt(4), USE)
                                .bytes(Neighbours.ADDRESS, octets));
            } catch (NetlinkException gone) {
                log.debug("A neighbour went meanwhile: {}", gone.getMessage());
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        NativeCalls.dstm_wake(wake);
        boolean interrupted = false;
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException stop) {
            interrupted = true;
        }
        if (!thread.isAlive()) {
            NativeCalls.dstm_close(socket);
            NativeCalls.dstm_close(wake);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
