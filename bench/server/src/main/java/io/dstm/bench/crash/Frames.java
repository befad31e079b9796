package io.dstm.bench.crash;

import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** What server and TEP say to each other through the harness: a number, an operation, its arguments; back comes the number. */
final class Frames {

    static final byte RESYNC = 1;
    static final byte INSTALL = 2;
    static final byte REMOVE = 3;

    private Frames() {}

    static void writeRanges(DataOutput out, Collection<Ipv4Range> ranges) throws IOException {
        out.writeInt(ranges.size());
        for (Ipv4Range range : ranges) {
            out.writeInt(range.first().value());
            out.writeInt(range.last().value());
        }
    }

    static List<Ipv4Range> readRanges(DataInput in) throws IOException {
        List<Ipv4Range> ranges = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            ranges.add(new Ipv4Range(new Ipv4Address(in.readInt()), new Ipv4Address(in.readInt())));
        }
        return ranges;
    }

    static void writeKeys(DataOutput out, Collection<LeaseKey> keys) throws IOException {
        out.writeInt(keys.size());
        for (LeaseKey key : keys) {
            writeKey(out, key);
        }
    }

    static List<LeaseKey> readKeys(DataInput in) throws IOException {
        List<LeaseKey> keys = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            keys.add(readKey(in));
        }
        return keys;
    }

    static void writeBindings(DataOutput out, Collection<Binding> bindings) throws IOException {
        out.writeInt(bindings.size());
        for (Binding binding : bindings) {
            writeKey(out, binding.key());
            writeAddress(out, binding.tunnelSource());
            writeAddress(out, binding.tunnelAddress());
            out.writeLong(binding.expires().getEpochSecond());
        }
    }

    static List<Binding> readBindings(DataInput in) throws IOException {
        List<Binding> bindings = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            bindings.add(
                    new Binding(readKey(in), readAddress(in), readAddress(in), Instant.ofEpochSecond(in.readLong())));
        }
        return bindings;
    }

    private static void writeKey(DataOutput out, LeaseKey key) throws IOException {
        out.writeInt(key.address().value());
        out.writeByte(key.ports().offset());
        out.writeByte(key.ports().psidLength());
        out.writeInt(key.ports().psid());
    }

    private static LeaseKey readKey(DataInput in) throws IOException {
        return new LeaseKey(new Ipv4Address(in.readInt()), new PortSet(in.readByte(), in.readByte(), in.readInt()));
    }

    private static void writeAddress(DataOutput out, Ipv6Address address) throws IOException {
        out.writeLong(address.high());
        out.writeLong(address.low());
    }

    private static Ipv6Address readAddress(DataInput in) throws IOException {
        return new Ipv6Address(in.readLong(), in.readLong());
    }
}
