package io.dstm.datapath.internal.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A stream of octets by TCP between two hosts.
 *
 * @param node who connects
 * @param source the address that it connects from
 * @param server who is connected to
 * @param address where that listens, at port 80
 */
public record Bulk(Isolated node, String source, Isolated server, String address) {

    private static final int PATIENCE_MILLIS = 60_000;

    /** Carries {@code length} octets from the node to the server, or back, and holds them to be what was sent. */
    public void carry(int length, boolean up) throws Exception {
        byte[] content = Packets.pattern(length, 5);
        try (ServerSocket listener = server.call(() -> new ServerSocket(80, 1, InetAddress.getByName(address)));
                Socket near = node.call(() -> {
                    Socket socket = new Socket();
                    socket.bind(new InetSocketAddress(source, 0));
                    socket.connect(new InetSocketAddress(address, 80), PATIENCE_MILLIS);
                    return socket;
                });
                Socket far = listener.accept()) {
            near.setSoTimeout(PATIENCE_MILLIS);
            far.setSoTimeout(PATIENCE_MILLIS);
            var written = CompletableFuture.runAsync(() -> {
                try {
                    (up ? near : far).getOutputStream().write(content);
                } catch (IOException failure) {
                    throw new UncheckedIOException(failure);
                }
            });
            byte[] arrived = (up ? far : near).getInputStream().readNBytes(length);
            assertThat(Arrays.equals(arrived, content)).isTrue();
            written.get(PATIENCE_MILLIS, TimeUnit.MILLISECONDS);
        }
    }
}
