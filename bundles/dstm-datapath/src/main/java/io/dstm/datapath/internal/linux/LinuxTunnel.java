package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.datapath.internal.device.CountingDevice;
import io.dstm.datapath.internal.device.SocketDevice;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Two devices and the two threads between them. Each thread has a memory of its own, so they share no written byte. */
final class LinuxTunnel implements Datapath.Tunnel {

    private static final Logger log = LoggerFactory.getLogger(LinuxTunnel.class);

    /**
     * Room for a reassembled or aggregated IPv4 packet of 65,535 bytes behind an IPv6 header. An odd multiple of 64, so that the
     * headers of neighbouring slots do not fall on the same lines of the processor's cache, as they would with a power of two.
     */
    static final int SLOT_SIZE = 1027 * 64;

    private static final int FEWEST_SPARES = 16;
    private static final long PATIENCE_MILLIS = TimeUnit.SECONDS.toMillis(5);

    private final String device;
    private final CountingDevice ipv4;
    private final CountingDevice ipv6;
    private final LongSupplier overflows;
    private final IntConsumer cutter;
    private final Consumer<LinuxTunnel> onClose;
    private final int batch;
    private final PacketProcessor processor;
    private final LongSupplier nanoClock;
    /** Held while the rules judge what came from the IPv6 side: they want one thread a direction. */
    private final Object fromIpv6Judged = new Object();
    /** The same for the IPv4 side. */
    private final Object fromIpv4Judged = new Object();

    private final SocketLoops.Counts socketCounts = new SocketLoops.Counts();
    private final Set<SocketLoops> sockets = ConcurrentHashMap.newKeySet();
    private final PacketLoop fromIpv6;
    private final PacketLoop fromIpv4;
    private final Thread ipv6Thread;
    private final Thread ipv4Thread;
    private final AtomicReference<@Nullable String> failure = new AtomicReference<>();
    private final AtomicBoolean closed = new AtomicBoolean();

    LinuxTunnel(
            String device,
            int batch,
            CountingDevice ipv4,
            CountingDevice ipv6,
            PacketProcessor processor,
            LongSupplier nanoClock,
            LongSupplier overflows,
            IntConsumer cutter,
            Consumer<LinuxTunnel> onClose) {
        this.device = device;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.overflows = overflows;
        this.cutter = cutter;
        this.onClose = onClose;
        this.batch = batch;
        this.processor = processor;
        this.nanoClock = nanoClock;
        String ipv6Name = "dstm-" + device + "-from-ipv6";
        String ipv4Name = "dstm-" + device + "-from-ipv4";
        this.fromIpv6 =
                new PacketLoop(ipv6Name, memory(batch), ipv6, ipv4, ipv6, this::judgeFromIpv6, this::ended, nanoClock);
        this.fromIpv4 =
                new PacketLoop(ipv4Name, memory(batch), ipv4, ipv4, ipv6, this::judgeFromIpv4, this::ended, nanoClock);
        this.ipv6Thread = new Thread(fromIpv6, ipv6Name);
        this.ipv4Thread = new Thread(fromIpv4, ipv4Name);
        ipv6Thread.setDaemon(true);
        ipv4Thread.setDaemon(true);
    }

    private void judgeFromIpv6(PacketBatch in, PacketOutput out, long nanos) {
        synchronized (fromIpv6Judged) {
            processor.fromIpv6(in, out, nanos);
        }
    }

    private void judgeFromIpv4(PacketBatch in, PacketOutput out, long nanos) {
        synchronized (fromIpv4Judged) {
            processor.fromIpv4(in, out, nanos);
        }
    }

    /** How many packets a call moves at most. */
    int batch() {
        return batch;
    }

    /**
     * Takes packets from these sockets, too, until the result is closed.
     *
     * @param opened closed with the result
     */
    AutoCloseable takeFrom(List<SocketDevice> opened) {
        SocketLoops loops = new SocketLoops(
                device, batch, opened, ipv4, ipv6, this::judgeFromIpv6, this::judgeFromIpv4, nanoClock, socketCounts);
        sockets.add(loops);
        return () -> {
            if (sockets.remove(loops)) {
                loops.close();
            }
        };
    }

    static PacketMemory memory(int batch) {
        return new PacketMemory(batch, Math.max(FEWEST_SPARES, batch / 2), SLOT_SIZE);
    }

    void start() {
        ipv6Thread.start();
        ipv4Thread.start();
    }

    private void ended(String reason) {
        if (failure.compareAndSet(null, reason)) {
            log.error(
                    "DSTM-6003 The tunnel {} moves no more packets: {}. Restart the role that opened it to have it again",
                    device,
                    reason);
        }
        fromIpv6.stop();
        fromIpv4.stop();
    }

    @Override
    public String device() {
        return device;
    }

    @Override
    public PacketDevice ipv4() {
        return new SendOnly(ipv4);
    }

    @Override
    public PacketDevice ipv6() {
        return new SendOnly(ipv6);
    }

    @Override
    public Datapath.Statistics statistics() {
        return new Datapath.Statistics(
                ipv6.received() + socketCounts.fromIpv6.sum(),
                ipv4.received() + socketCounts.fromIpv4.sum(),
                ipv6.sent() + socketCounts.toIpv6.sum(),
                ipv4.sent() + socketCounts.toIpv4.sum(),
                ipv6.refused() + ipv4.refused(),
                ipv6.calls() + ipv4.calls(),
                ipv6.tooLong()
                        + ipv6.notOurs()
                        + ipv4.tooLong()
                        + ipv4.notOurs()
                        + fromIpv6.unjudged()
                        + fromIpv4.unjudged()
                        + socketCounts.discarded.sum(),
                overflows.getAsLong() + socketCounts.overflows.sum());
    }

    @Override
    public Optional<String> failure() {
        return Optional.ofNullable(failure.get());
    }

    @Override
    public void setLongestPacket(int bytes) {
        cutter.accept(bytes);
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        for (SocketLoops loops : List.copyOf(sockets)) {
            sockets.remove(loops);
            loops.close();
        }
        fromIpv6.stop();
        fromIpv4.stop();
        join(ipv6Thread);
        join(ipv4Thread);
        ipv4.close();
        ipv6.close();
        onClose.accept(this);
        log.info("DSTM-6002 Tunnel {} closed", device);
    }

    static void join(Thread thread) {
        if (thread == Thread.currentThread()) {
            return;
        }
        try {
            thread.join(PATIENCE_MILLIS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        if (thread.isAlive()) {
            log.warn("DSTM-6012 Thread {} did not end in time; its device is closed under it", thread.getName());
        }
    }

    /** A side as others than the tunnel's own threads see it: they may neither take its packets nor close it. */
    private record SendOnly(PacketDevice device) implements PacketDevice {

        @Override
        public int receive(PacketBatch into, int timeoutMillis) throws DatapathException {
            throw new DatapathException("The tunnel's own threads receive its packets");
        }

        @Override
        public int send(PacketBatch batch) throws DatapathException {
            return device.send(batch);
        }

        @Override
        public void wakeUp() {
            // Nobody waits in receive.
        }

        @Override
        public void close() {
            // The tunnel closes its devices.
        }
    }
}
