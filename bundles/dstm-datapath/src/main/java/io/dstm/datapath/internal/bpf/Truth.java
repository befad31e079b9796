package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Whether the programs may use the next hops that they have noted, in memory that they read: {@code struct dstm_truth}. */
final class Truth {

    private static final int BYTES = 16;
    private static final int GENERATION = 0;
    private static final int UNTIL = 8;

    private static final VarHandle INTS = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.nativeOrder());
    private static final VarHandle LONGS = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder());

    private final int map;
    private final long address;
    private final ByteBuffer memory;

    private Truth(int map, long address) {
        this.map = map;
        this.address = address;
        this.memory = NativeCalls.memory(address, BYTES);
    }

    /** One by which no next hop holds. */
    static Truth create() throws DatapathException {
        int map = Bpf.createMap("dstm_truth", Bpf.ARRAY, 4, BYTES, 1, Bpf.MAPPABLE);
        long address = NativeCalls.dstm_bpf_map_memory(map, BYTES);
        if (address < 0 && address > -4096) {
            NativeCalls.dstm_close(map);
            throw new DatapathException("Cannot map a table into memory: " + Errno.describe((int) -address));
        }
        return new Truth(map, address);
    }

    int map() {
        return map;
    }

    /** The number of the present; hops noted under another hold no more. */
    int generation() {
        return (int) INTS.getVolatile(memory, GENERATION);
    }

    void setGeneration(int generation) {
        INTS.setVolatile(memory, GENERATION, generation);
    }

    /** Hops hold until then, on the clock of {@link System#nanoTime}. */
    void setUntil(long nanos) {
        LONGS.setVolatile(memory, UNTIL, nanos);
    }

    void close() {
        NativeCalls.dstm_bpf_unmap_memory(address, BYTES);
        NativeCalls.dstm_close(map);
    }
}
