package io.dstm.bench.crash;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.CounterValue;
import io.dstm.api.tep.TepException;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** In the server's process: a TEP that lives in another, which outlives the server. */
final class RemoteTep implements TunnelEndPoint {

    static final Ipv6Address ADDRESS = Ipv6Address.parse("2001:db8:ffff::1");

    /** How much later a TEP hears of a binding whose client was answered already. */
    private static final long LATE_MILLIS = 20;

    private final boolean answerFirst;
    private final DataOutputStream out;
    private final Map<Integer, CompletableFuture<ResyncReport>> asked = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();
    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "late-tep");
        thread.setDaemon(true);
        return thread;
    });
    private volatile boolean synced;

    RemoteTep(int port, boolean answerFirst) throws IOException {
        this.answerFirst = answerFirst;
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setTcpNoDelay(true);
        out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
        DataInputStream in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        Thread reader = new Thread(() -> read(in), "remote-tep");
        reader.setDaemon(true);
        reader.start();
    }

    private void read(DataInputStream in) {
        try {
            while (true) {
                CompletableFuture<ResyncReport> done = asked.remove(in.readInt());
                boolean good = in.readBoolean();
                ResyncReport report = new ResyncReport(in.readInt(), in.readInt(), in.readInt());
                if (done == null) {
                    continue;
                }
                if (good) {
                    done.complete(report);
                } else {
                    done.completeExceptionally(new TepException("the TEP refuses", null));
                }
            }
        } catch (IOException gone) {
            // So has the harness.
            Runtime.getRuntime().halt(3);
        }
    }

    private interface Body {
        void write(DataOutputStream to) throws IOException;
    }

    private CompletionStage<ResyncReport> send(byte operation, Body body) {
        CompletableFuture<ResyncReport> done = new CompletableFuture<>();
        int mine = number.incrementAndGet();
        asked.put(mine, done);
        try {
            synchronized (out) {
                out.writeInt(mine);
                out.writeByte(operation);
                body.write(out);
                out.flush();
            }
        } catch (IOException gone) {
            done.completeExceptionally(gone);
        }
        return done;
    }

    /** Whether it has been told every lease. */
    boolean isSynced() {
        return synced;
    }

    @Override
    public String name() {
        return "tep";
    }

    @Override
    public Ipv6Address tunnelAddress() {
        return ADDRESS;
    }

    @Override
    public CompletionStage<ResyncReport> resync(Collection<Ipv4Range> served, Collection<Binding> bindings) {
        return send(Frames.RESYNC, to -> {
                    Frames.writeRanges(to, served);
                    Frames.writeBindings(to, bindings);
                })
                .whenComplete((report, failure) -> synced = failure == null);
    }

    @Override
    public CompletionStage<Void> install(Collection<Binding> bindings) {
        if (answerFirst) {
            var unused = later.schedule(
                    () -> send(Frames.INSTALL, to -> Frames.writeBindings(to, bindings)),
                    LATE_MILLIS,
                    TimeUnit.MILLISECONDS);
            return CompletableFuture.completedFuture(null);
        }
        return send(Frames.INSTALL, to -> Frames.writeBindings(to, bindings)).thenAccept(report -> {});
    }

    @Override
    public CompletionStage<Void> remove(Collection<LeaseKey> keys) {
        return send(Frames.REMOVE, to -> Frames.writeKeys(to, keys)).thenAccept(report -> {});
    }

    @Override
    public void forEachBinding(Consumer<Binding> visitor) {}

    @Override
    public int bindingCount() {
        return 0;
    }

    @Override
    public List<CounterValue> counters() {
        return List.of();
    }

    @Override
    public TepStatus status() {
        return new TepStatus(TepStatus.State.FORWARDING, "", "", "none", 1500, 0);
    }
}
