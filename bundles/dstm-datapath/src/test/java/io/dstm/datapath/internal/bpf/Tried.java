package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;

/** The programs of a TEP that are tried without a wire. */
enum Tried {
    DRIVER(FastPath.Way.DRIVER),
    /** The same in two steps, as where there are many bindings. */
    TWO_STEPS(FastPath.Way.DRIVER),
    TC(FastPath.Way.TC);

    final FastPath.Way way;

    Tried(FastPath.Way way) {
        this.way = way;
    }

    /** One that knows a device; next hops are asked for as that device. */
    KernelFastPath open(int device) throws DatapathException {
        KernelFastPath made = new KernelFastPath("dstm-tep", device, System::nanoTime, way);
        made.know(new KernelFastPath.Device("wire0", device, 0x020000000001L));
        if (this == TWO_STEPS) {
            made.judgeInTwoSteps();
        }
        return made;
    }
}
