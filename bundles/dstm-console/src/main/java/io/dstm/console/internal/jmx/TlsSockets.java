package io.dstm.console.internal.jmx;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.rmi.server.RMIServerSocketFactory;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Sockets of RMI at one address, with TLS alone. RMI compares factories by identity, which is right for these. */
final class TlsSockets implements RMIServerSocketFactory {

    private static final int BACKLOG = 50;
    private static final String[] PROTOCOLS = {"TLSv1.3", "TLSv1.2"};

    private final Keys keys;
    private final InetAddress listen;
    private final boolean anonymous;
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
                Socket plain = anonymous ? new Nowhere() : new Socket();
                implAccept(plain);
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

    private static final class Nowhere extends Socket {

        @Override
        public @Nullable InetAddress getInetAddress() {
            try {
                return InetAddress.getByAddress(new byte[4]);
            } catch (UnknownHostException impossible) {
                throw new AssertionError("four octets are an address", impossible);
            }
        }
    }
}
