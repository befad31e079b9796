package io.dstm.datapath.internal.device;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.util.function.LongSupplier;

/**
 * A ring into which a program puts frames that it learns too late to be the rules', when no socket can have them any more. What it receives are
 * the packets of either side of the tunnel, those of one side at a time; it sends nothing.
 */
public final class RingDevice extends NativeDevice {

    private final long handle;
    private final LongSupplier lost;

    private RingDevice(String name, int wakeFd, long handle, LongSupplier lost) {
        super(name, wakeFd);
        this.handle = handle;
        this.lost = lost;
    }

    /**
     * Begins to read a ring.
     *
     * @param name for threads and messages
     * @param ring its descriptor, which stays the caller's
     * @param bytes how long it is
     * @param lost for how many frames there was no place in it
     * @throws DatapathException if there is no memory for it
     */
    public static RingDevice open(String name, int ring, int bytes, LongSupplier lost) throws DatapathException {
        int wake = openWake();
        long handle = NativeCalls.dstm_ring_open(ring, bytes);
        if (handle < 0 && handle > -4096) {
            NativeCalls.dstm_close(wake);
            throw new DatapathException("Cannot read the ring of frames: " + Errno.describe((int) -handle));
        }
        return new RingDevice(name, wake, handle, lost);
    }

    @Override
    int receive(Place into, int capacity, int wake, long dropped, int timeoutMillis) {
        return NativeCalls.dstm_ring_receive(
                handle,
                wake,
                into.memory(),
                into.memoryBytes(),
                into.batch().memory().slotSize(),
                PacketMemory.HEADROOM,
                into.entries(),
                capacity,
                dropped,
                timeoutMillis);
    }

    /** Nothing goes this way. */
    @Override
    int transmit(Place batch) {
        return 0;
    }

    /** Frames for which there was no place because nobody fetched others in time. */
    public long overflows() {
        return lost.getAsLong();
    }

    @Override
    void release() {
        NativeCalls.dstm_ring_close(handle);
    }

    @Override
    String explain(int errno) {
        return "The ring of frames is unusable: " + Errno.describe(errno);
    }
}
