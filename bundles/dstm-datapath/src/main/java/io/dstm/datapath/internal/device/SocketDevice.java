package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A socket for frames of one receive queue that a program hands over past the network stack (AF_XDP). What it receives are the packets
 * of either side of the tunnel, those of one side at a time. It sends what goes where the program has found that it would go
 * ({@link #sendNoted}), and nothing else.
 */
public final class SocketDevice extends NativeDevice {

    /** What a program notes of a packet: see {@code dstm_note}. */
    private static final int NOTE_BYTES = 24;

    /** The kernel gives a queue free a moment after its last socket was closed: it leaves that to a thread of its own. */
    private static final int MOST_WAITS = 200;

    private static final long WAIT_NANOS = 10_000_000;

    private final long handle;
    private final int queue;
    private final int exit;
    private final long address;
    private final ByteBuffer notes;
    private final long notesAddress;
    private final int noteCount;
    private final ReentrantLock sending = new ReentrantLock();
    /** Guarded by {@link #sending}. */
    private final ByteBuffer left = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());

    private final long leftAddress = NativeCalls.address(left);
    private volatile long lastOverflows;

    private SocketDevice(String name, int wakeFd, long handle, int queue, int exit, long address, int batch) {
        super(name, wakeFd);
        this.handle = handle;
        this.queue = queue;
        this.exit = exit;
        this.address = address;
        this.noteCount = batch;
        this.notes = ByteBuffer.allocateDirect(batch * NOTE_BYTES);
        this.notesAddress = NativeCalls.address(notes);
    }

    /**
     * Opens a socket.
     *
     * @param device the device's name
     * @param index its index
     * @param address its hardware address, in the lower 48 bits
     * @param exit its number for the programs
     * @param queue which of its receive queues
     * @param batch how many packets one call receives at most
     * @throws DatapathException if the kernel, a right or the device does not allow it
     */
    public static SocketDevice open(String device, int index, long address, int exit, int queue, int batch)
            throws DatapathException {
        int wake = openWake();
        long handle = NativeCalls.dstm_xsk_open(index, queue);
        for (int wait = 0; handle == -Errno.EBUSY && wait < MOST_WAITS; wait++) {
            LockSupport.parkNanos(WAIT_NANOS);
            handle = NativeCalls.dstm_xsk_open(index, queue);
        }
        if (handle < 0 && handle > -4096) {
            NativeCalls.dstm_close(wake);
            throw new DatapathException(explainOpen(device + ", queue " + queue, (int) -handle));
        }
        return new SocketDevice(device + "-" + queue, wake, handle, queue, exit, address, batch);
    }

    private static String explainOpen(String where, int errno) {
        return switch (errno) {
            case Errno.EPERM, Errno.EACCES ->
                "Cannot open a socket for frames without the capability CAP_NET_RAW: run as root, or with"
                        + " AmbientCapabilities=CAP_NET_RAW (systemd)";
            case Errno.EAFNOSUPPORT -> "This kernel has no sockets for frames (CONFIG_XDP_SOCKETS)";
            case Errno.EBUSY -> "Another program has the frames of " + where;
            default -> "Cannot open a socket for the frames of " + where + ": " + Errno.describe(errno);
        };
    }

    /** Of which receive queue it is. */
    public int queue() {
        return queue;
    }

    /** The descriptor, for a program's table. */
    public int descriptor() {
        return NativeCalls.dstm_xsk_fd(handle);
    }

    @Override
    int receive(Place into, int capacity, int wake, long dropped, int timeoutMillis) {
        return NativeCalls.dstm_xsk_receive(
                handle,
                wake,
                into.memory(),
                into.memoryBytes(),
                into.batch().memory().slotSize(),
                PacketMemory.HEADROOM,
                into.entries(),
                notesAddress,
                Math.min(capacity, noteCount),
                dropped,
                timeoutMillis);
    }

    /** Nothing goes this way that does not go where it was noted to go. */
    @Override
    int transmit(Place batch) {
        return 0;
    }

    /**
     * Sends of a batch what leaves by this device and goes where it was noted to go; the rest stays in the batch. Any thread may call
     * this.
     *
     * @param from the device that the packets were received from, by the same thread
     */
    public void sendNoted(PacketBatch batch, SocketDevice from) throws DatapathException {
        if (batch.count() == 0) {
            return;
        }
        enter();
        sending.lock();
        try {
            Place place = place(batch);
            left.putInt(0, batch.count());
            int taken = NativeCalls.dstm_xsk_send(
                    handle,
                    exit,
                    address,
                    place.memory(),
                    place.memoryBytes(),
                    batch.memory().slotSize(),
                    place.entries(),
                    batch.count(),
                    from.notesAddress,
                    from.noteCount,
                    leftAddress);
            batch.setCount(left.getInt(0));
            sentBesides(taken);
        } finally {
            sending.unlock();
            leave();
            Reference.reachabilityFence(batch);
            Reference.reachabilityFence(from);
        }
    }

    @Override
    void release() {
        NativeCalls.dstm_xsk_close(handle);
    }

    @Override
    String explain(int errno) {
        return "The socket for frames of " + name() + " is unusable: " + Errno.describe(errno);
    }

    /** Packets that came and were dropped by the kernel because nobody fetched them in time. */
    public long overflows() {
        long now = whileOpen(() -> NativeCalls.dstm_xsk_overflows(handle));
        if (now >= 0) {
            lastOverflows = now;
        }
        return lastOverflows;
    }
}
