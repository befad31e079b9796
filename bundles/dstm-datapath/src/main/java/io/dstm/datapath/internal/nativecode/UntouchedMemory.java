package io.dstm.datapath.internal.nativecode;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;

/** Memory for packets of any length, of which the machine gives what packets have touched. */
public final class UntouchedMemory {

    private UntouchedMemory() {}

    /** A direct buffer of so many bytes, whatever is in them; they are free again when nobody has it any more. */
    public static ByteBuffer take(int bytes) {
        return new Memory(bytes).getByteBuffer(0, bytes);
    }
}
