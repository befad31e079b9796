package io.dstm.bench.crash;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TunnelEndPoint.ResyncReport;
import io.dstm.tep.internal.table.BindingTable;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The TEP's table, of the product, in the process that outlives the server. */
final class TepHost implements AutoCloseable {

    private static final int LOOK_MILLIS = 50;

    private final BindingTable table = new BindingTable();
    private final ServerSocket door;
    private @Nullable Thread guest;
    private volatile boolean ended;

    TepHost() throws IOException {
        door = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        door.setSoTimeout(LOOK_MILLIS);
    }

    int port() {
        return door.getLocalPort();
    }

    /** Serves the server that connects next. */
    void receive() {
        ended = false;
        Thread thread = new Thread(this::serve, "tep-host");
        thread.setDaemon(true);
        thread.start();
        guest = thread;
    }

    /** Returns when everything is done that the server, which has ended, had asked for. */
    void drain() throws InterruptedException {
        ended = true;
        Thread thread = guest;
        if (thread != null) {
            thread.join();
        }
    }

    private void serve() {
        try (Socket socket = guest()) {
            socket.setTcpNoDelay(true);
            DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
            DataOutputStream out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream()));
            while (true) {
                serveOne(in, out);
            }
        } catch (IOException ended) {
            // The server was killed, which it is here for.
        }
    }

    /** What has connected before it ended is still there to be accepted; what has not never will. */
    private Socket guest() throws IOException {
        while (true) {
            boolean last = ended;
            try {
                return door.accept();
            } catch (SocketTimeoutException nobody) {
                if (last) {
                    throw nobody;
                }
            }
        }
    }

    private void serveOne(DataInputStream in, DataOutputStream out) throws IOException {
        int number = in.readInt();
        byte operation = in.readByte();
        ResyncReport report = new ResyncReport(0, 0, 0);
        boolean good = true;
        try {
            if (operation == Frames.RESYNC) {
                List<Ipv4Range> ranges = Frames.readRanges(in);
                report = table.resync(ranges, Frames.readBindings(in));
            } else if (operation == Frames.INSTALL) {
                table.apply(List.of(), Frames.readBindings(in));
            } else {
                table.apply(Frames.readKeys(in), List.of());
            }
        } catch (TepException refused) {
            good = false;
        }
        out.writeInt(number);
        out.writeBoolean(good);
        out.writeInt(report.added());
        out.writeInt(report.changed());
        out.writeInt(report.removed());
        out.flush();
    }

    /** What packets are judged by, without what ends before {@code after}. */
    Map<LeaseKey, Binding> bindings(Instant after) {
        Map<LeaseKey, Binding> bindings = new HashMap<>();
        table.forEach(binding -> {
            if (binding.expires().isAfter(after)) {
                bindings.put(binding.key(), binding);
            }
        });
        return bindings;
    }

    @Override
    public void close() throws IOException {
        door.close();
    }
}
