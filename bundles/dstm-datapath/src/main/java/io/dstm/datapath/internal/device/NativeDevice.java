package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What TUN and raw socket have in common: waking, counting, and closing while others are inside a native call. A descriptor number
 * is another file's as soon as it is closed, so it is closed only when the last call has left.
 */
abstract class NativeDevice implements CountingDevice {

    /** Set in {@link #users} when the device is closed; the rest counts the calls inside. */
    private static final int CLOSED = 1 << 30;

    private static final int PLACES = 8;
    private static final int DROPPED_BYTES = 8;
    private static final long CLOSE_POLL_NANOS = 20_000;

    private final String name;
    private final int wakeFd;
    private final AtomicInteger users = new AtomicInteger();
    private final AtomicInteger wakes = new AtomicInteger();

    /** Which of the wakes the receiver has seen; only the receiving thread touches it. */
    private int wakesSeen;

    private final ByteBuffer dropped = ByteBuffer.allocateDirect(DROPPED_BYTES).order(ByteOrder.nativeOrder());

    private final long droppedAddress = NativeCalls.address(dropped);

    /** The last few batches: a tunnel's threads use the same ones for ever, and an address costs as much as a whole call. */
    private final @Nullable Place[] places = new Place[PLACES];

    private int nextPlace;

    private final LongAdder received = new LongAdder();
    private final LongAdder sent = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final LongAdder tooLong = new LongAdder();
    private final LongAdder notOurs = new LongAdder();
    private final LongAdder calls = new LongAdder();

    /** A batch as native code sees it. */
    record Place(PacketBatch batch, long memory, int memoryBytes, long entries) {}

    NativeDevice(String name, int wakeFd) {
        this.name = name;
        this.wakeFd = wakeFd;
    }

    /** Opens a wake event. */
    static int openWake() throws DatapathException {
        int fd = NativeCalls.dstm_wake_open();
        if (fd < 0) {
            throw new DatapathException("Cannot open an eventfd (" + Errno.describe(-fd)
                    + "): raise the limit of open files (LimitNOFILE, ulimit -n)");
        }
        return fd;
    }

    /** The native call that receives. */
    abstract int receive(Place into, int capacity, int wake, long droppedAddress, int timeoutMillis);

    /** The native call that sends. */
    abstract int transmit(Place batch);

    /** Closes the descriptors; nobody uses them any more. */
    abstract void release();

    /** The sentence for a device that can do no more. */
    abstract String explain(int errno);

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final int receive(PacketBatch into, int timeoutMillis) throws DatapathException {
        into.clear();
        int seen = wakes.get();
        enter();
        try {
            if (seen != wakesSeen) {
                wakesSeen = seen;
                NativeCalls.dstm_wake_drain(wakeFd);
                return 0;
            }
            int capacity = Math.min(into.capacity(), into.memory().slots());
            int count = receive(place(into), capacity, wakeFd, droppedAddress, timeoutMillis);
            calls.increment();
            count(tooLong, dropped.getInt(0));
            count(notOurs, dropped.getInt(4));
            if (count > 0) {
                received.add(count);
                into.setCount(count);
                return count;
            }
            if (count < 0) {
                throw failure(-count);
            }
            wakesSeen = wakes.get();
            return 0;
        } finally {
            leave();
            Reference.reachabilityFence(into);
        }
    }

    @Override
    public final int send(PacketBatch batch) throws DatapathException {
        int count = batch.count();
        if (count == 0) {
            return 0;
        }
        enter();
        try {
            int taken = transmit(place(batch));
            calls.increment();
            sent.add(Math.max(0, taken));
            count(refused, count - Math.max(0, taken));
            if (taken < 0) {
                throw failure(-taken);
            }
            return taken;
        } finally {
            leave();
            Reference.reachabilityFence(batch);
        }
    }

    /**
     * Counts packets that were sent by a call of the device's own, and that call.
     *
     * @param taken how many, or an error number negated
     */
    final void sentBesides(int taken) throws DatapathException {
        calls.increment();
        if (taken < 0) {
            throw failure(-taken);
        }
        count(sent, taken);
    }

    private static void count(LongAdder counter, int packets) {
        if (packets != 0) {
            counter.add(packets);
        }
    }

    /** Where a batch lies. Races between threads only make one of them look it up again: a place never changes. */
    final Place place(PacketBatch batch) {
        for (Place place : places) {
            if (place != null && place.batch == batch) {
                return place;
            }
        }
        Place place = new Place(
                batch,
                NativeCalls.address(batch.memory().bytes()),
                batch.memory().bytes().capacity(),
                NativeCalls.address(batch.entries()));
        places[nextPlace++ & PLACES - 1] = place;
        return place;
    }

    private DatapathException failure(int errno) {
        return Errno.isFatal(errno)
                ? new DeviceGoneException(explain(errno))
                : new DatapathException(name + ": " + Errno.describe(errno));
    }

    /** The result of a call on the descriptors; -1 if they are closed. */
    final int whileOpen(IntSupplier call) {
        try {
            enter();
        } catch (DatapathException closed) {
            return -1;
        }
        try {
            return call.getAsInt();
        } finally {
            leave();
        }
    }

    final void enter() throws DatapathException {
        if ((users.incrementAndGet() & CLOSED) != 0) {
            users.decrementAndGet();
            throw new DeviceGoneException(name + " is closed");
        }
    }

    final void leave() {
        users.decrementAndGet();
    }

    @Override
    public final void wakeUp() {
        wakes.incrementAndGet();
        whileOpen(() -> NativeCalls.dstm_wake(wakeFd));
    }

    @Override
    public final void close() {
        int before = users.getAndUpdate(count -> count | CLOSED);
        if ((before & CLOSED) != 0) {
            return;
        }
        NativeCalls.dstm_wake(wakeFd);
        while (users.get() != CLOSED) {
            LockSupport.parkNanos(CLOSE_POLL_NANOS);
        }
        release();
        NativeCalls.dstm_close(wakeFd);
    }

    @Override
    public final long received() {
        return received.sum();
    }

    @Override
    public final long sent() {
        return sent.sum();
    }

    @Override
    public final long refused() {
        return refused.sum();
    }

    @Override
    public final long tooLong() {
        return tooLong.sum();
    }

    @Override
    public final long notOurs() {
        return notOurs.sum();
    }

    @Override
    public final long calls() {
        return calls.sum();
    }
}
