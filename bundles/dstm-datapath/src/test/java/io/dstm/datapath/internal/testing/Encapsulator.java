package io.dstm.datapath.internal.testing;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.datapath.PacketProcessor;
import io.dstm.api.net.Ipv6Address;

/** The simplest rules: everything from one side leaves on the other, between two fixed addresses. */
public final class Encapsulator implements PacketProcessor {

    private static final int HEADER = 40;

    private final Ipv6Address here;
    private final Ipv6Address there;

    /** A tunnel from here to there. */
    public Encapsulator(String here, String there) {
        this.here = Ipv6Address.parse(here);
        this.there = Ipv6Address.parse(there);
    }

    @Override
    public void fromIpv6(PacketBatch in, PacketOutput out, long nanos) {
        for (int i = 0; i < in.count(); i++) {
            out.toIpv4().add(in.offset(i) + HEADER, in.length(i) - HEADER);
        }
    }

    @Override
    public void fromIpv4(PacketBatch in, PacketOutput out, long nanos) {
        for (int i = 0; i < in.count(); i++) {
            int start = in.offset(i) - HEADER;
            in.memory()
                    .bytes()
                    .putInt(start, 6 << 28)
                    .putShort(start + 4, (short) in.length(i))
                    .putShort(start + 6, (short) (4 << 8 | 64))
                    .putLong(start + 8, here.high())
                    .putLong(start + 16, here.low())
                    .putLong(start + 24, there.high())
                    .putLong(start + 32, there.low());
            out.toIpv6().add(start, in.length(i) + HEADER);
        }
    }
}
