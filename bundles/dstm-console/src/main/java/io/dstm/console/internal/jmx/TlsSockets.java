package io.dstm.console.internal.jmx;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.rmi.server.RMIServerSocketFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Sockets of RMI at one address, with TLS alone. RMI compares factories by identity, which is right for these. */
final class TlsSockets implements RMIServerSocketFactory {

    /** Each takes a thread; who comes while there are so many is turned away. */
    static final int MOST = 100;

    /** How long a connection may say nothing. RMI's own clients close theirs after 15 s and open another when they need it. */
    private static final int SILENCE_MILLIS = 60_000;

    private static final int BACKLOG = 50;
    private static final InetAddress NOWHERE = nowhere();
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private final Keys keys;
    private final InetAddress listen;
    private final boolean anonymous;
    private final AtomicInteger open = new AtomicInteger();
    private volatile int port;

    /**
     * Sockets at {@code listen}.
     *
     * @param anonymous whether RMI is not to learn where clients come from. Its registry lets everybody on the same machine change
     *     what it says, with or without a password, but nobody of unknown origin; and reading is free to all
     */
    TlsSockets(Keys keys, InetAddress listen, boolean anonymous) {
        this.keys = keys;
        this.listen = listen;
        this.anonymous = anonymous;
    }

    /** The port of the last socket. */
    int port() {
        return port;
    }

    @Override
    public ServerSocket createServerSocket(int wanted) throws IOException {
        ServerSocket socket = new ServerSocket() {
            @Override
            public Socket accept() throws IOException {
                Visitor plain = new Visitor();
                implAccept(plain);
                while (!plain.enters()) {
                    plain = new Visitor();
                    implAccept(plain);
                }
                // The handshake comes with the first octet that is read, in a thread of the connection.
                SSLSocket secure = (SSLSocket) keys.context().getSocketFactory().createSocket(plain, null, true);
                secure.setEnabledProtocols(PROTOCOLS);
                return secure;
            }
        };
        try {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(listen, wanted), BACKLOG);
        } catch (IOException taken) {
            socket.close();
            throw taken;
        }
        port = socket.getLocalPort();
        return socket;
    }

    private final class Visitor extends Socket {

        private final AtomicBoolean counted = new AtomicBoolean();

        /** Whether there is room; if not, whoever reads from it gets an end. */
        boolean enters() throws IOException {
            counted.set(true);
            if (open.incrementAndGet() > MOST) {
                close();
                return false;
            }
            setSoTimeout(SILENCE_MILLIS);
            return true;
        }

        @Override
        public synchronized void close() throws IOException {
            if (counted.getAndSet(false)) {
                open.decrementAndGet();
            }
            super.close();
        }

        @Override
        public synchronized void setSoTimeout(int millis) throws SocketException {
            super.setSoTimeout(millis == 0 ? SILENCE_MILLIS : Math.min(millis, SILENCE_MILLIS));
        }

        @Override
        public @Nullable InetAddress getInetAddress() {
            return anonymous ? NOWHERE : super.getInetAddress();
        }
    }

    private static InetAddress nowhere() {
        try {
            return InetAddress.getByAddress(new byte[4]);
        } catch (UnknownHostException impossible) {
            throw new AssertionError("four octets are an address", impossible);
        }
    }
}
