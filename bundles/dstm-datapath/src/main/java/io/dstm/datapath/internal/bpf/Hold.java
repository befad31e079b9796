package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.NativeCalls;

/** What holds a program on a device. The program is idle or gone when nothing of the hold is left: no descriptor and no name. */
interface Hold {

    /** The descriptor of the object that can be given a name. */
    int descriptor();

    /** Puts another program in the place of the one that is held, without a packet in between that sees none. */
    void exchange(int program) throws DatapathException;

    /** Lets go: the program goes, unless a name holds it. */
    void release();

    /** Takes the program off the device. */
    void close();

    /** A link of the kernel's, with which the program goes. */
    record Link(int descriptor) implements Hold {

        @Override
        public void exchange(int program) throws DatapathException {
            Bpf.exchange(descriptor, program);
        }

        @Override
        public void release() {
            NativeCalls.dstm_close(descriptor);
        }

        @Override
        public void close() {
            release();
        }
    }
}
