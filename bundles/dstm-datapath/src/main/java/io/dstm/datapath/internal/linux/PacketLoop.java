package io.dstm.datapath.internal.linux;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketDevice;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.datapath.internal.device.DeviceGoneException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One direction of a tunnel: receive what waits, have it judged, send what is left, again. Nothing but a vanished device or
 * {@link #stop} ends it. It takes what is there and never waits to fill a batch: under load batches fill by themselves.
 */
final class PacketLoop implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(PacketLoop.class);

    /** A device that fails at once each time must not keep a processor busy. */
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** The rules for one direction. */
    @FunctionalInterface
    interface Judge {

        /** Judges a batch; see {@link io.dstm.api.datapath.PacketProcessor}. */
        void judge(PacketBatch in, PacketOutput out, long nanos);
    }

    /** Where a loop says that it can go on no more. */
    @FunctionalInterface
    interface Ending {

        /** Called once, by the loop's thread. */
        void ended(String reason);
    }

    private final String name;
    private final PacketDevice source;
    private final PacketDevice ipv4;
    private final PacketDevice ipv6;
    private final Judge judge;
    private final Ending ending;
    private final LongSupplier nanoClock;
    private final PacketBatch in;
    private final PacketOutput out;
    private final LogGate ruleFailures;
    private final LogGate deviceFailures;
    private final AtomicLong unjudged = new AtomicLong();
    private volatile boolean running = true;

    PacketLoop(
            String name,
            PacketMemory memory,
            PacketDevice source,
            PacketDevice ipv4,
            PacketDevice ipv6,
            Judge judge,
            Ending ending,
            LongSupplier nanoClock) {
        this.name = name;
        this.source = source;
        this.ipv4 = ipv4;
        this.ipv6 = ipv6;
        this.judge = judge;
        this.ending = ending;
        this.nanoClock = nanoClock;
        this.in = new PacketBatch(memory, memory.slots());
        this.out = new PacketOutput(memory);
        this.ruleFailures = new LogGate(nanoClock);
        this.deviceFailures = new LogGate(nanoClock);
    }

    @Override
    public void run() {
        try {
            while (running) {
                step();
            }
        } catch (Throwable death) {
            // Even the handling of a failure failed; whoever looks at the tunnel must see that this direction is dead.
            end("its thread died of " + death);
        }
    }

    private void step() {
        try {
            if (source.receive(in, -1) > 0 && judged()) {
                send(ipv4, out.toIpv4());
                send(ipv6, out.toIpv6());
            }
        } catch (DeviceGoneException gone) {
            end(String.valueOf(gone.getMessage()));
        } catch (DatapathException | RuntimeException | Error failure) {
            troubled(failure);
        }
    }

    /** One side's trouble must not cost the packets for the other. */
    private void send(PacketDevice device, PacketBatch batch) throws DeviceGoneException {
        try {
            device.send(batch);
        } catch (DeviceGoneException gone) {
            throw gone;
        } catch (DatapathException failure) {
            troubled(failure);
        }
    }

    private void end(String reason) {
        if (running) {
            running = false;
            ending.ended(reason);
        }
    }

    private boolean judged() {
        out.clear();
        try {
            judge.judge(in, out, nanoClock.getAsLong());
            return true;
        } catch (RuntimeException | Error failure) {
            unjudged.addAndGet(in.count());
            long failures = ruleFailures.pass();
            if (failures > 0) {
                log.error(
                        "DSTM-6010 The rules failed on {} batch(es) of {}, whose packets were dropped: {}. The tunnel goes on;"
                                + " report this with the log at level DEBUG",
                        failures,
                        name,
                        failure.toString());
                log.debug("The failure of the rules in {}", name, failure);
            }
            return false;
        }
    }

    private void troubled(Throwable failure) {
        long failures = deviceFailures.pass();
        if (failures > 0) {
            log.warn(
                    "DSTM-6011 A device failed {} time(s) in {}: {}. The tunnel goes on",
                    failures,
                    name,
                    failure.toString());
        }
        LockSupport.parkNanos(PAUSE_NANOS);
    }

    /** How many packets the rules failed on. */
    long unjudged() {
        return unjudged.get();
    }

    /** Makes the loop end after the batch it is at. */
    void stop() {
        running = false;
        source.wakeUp();
    }
}
