package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import java.util.List;

/** The programs of a fast path, one for each way of forwarding: which code it is, where it belongs, and what becomes of what it leaves. */
public enum Program {
    /** Forwards in drivers. */
    DRIVER("/bpf/forward.o", "xdp", "xdp", Bpf.Place.XDP, Sockets.USED, Seat.DRIVER, Seat.DRIVER),
    /** The same in front of the network stack. */
    GENERIC("/bpf/forward.o", "xdp", "xdp", Bpf.Place.XDP, Sockets.USED, Seat.GENERIC, Seat.GENERIC),
    /** Forwards where the network stack begins. */
    TC("/bpf/carry.o", "tc/carry", "tc", Bpf.Place.TC_IN, Sockets.UNKNOWN, Seat.TC, Seat.CLSACT),
    /** Hands all packets to sockets. */
    RULES("/bpf/forward.o", "hand", "af_xdp", Bpf.Place.XDP, Sockets.REQUIRED, Seat.DRIVER, Seat.GENERIC);

    /** Sockets for frames, from which the rules take packets. */
    private enum Sockets {
        UNKNOWN,
        USED,
        REQUIRED
    }

    private final String object;
    private final String section;
    private final String key;
    private final Bpf.Place place;
    private final Sockets sockets;
    private final Seat best;
    private final Seat other;

    Program(String object, String section, String key, Bpf.Place place, Sockets sockets, Seat best, Seat other) {
        this.object = object;
        this.section = section;
        this.key = key;
        this.place = place;
        this.sockets = sockets;
        this.best = best;
        this.other = other;
    }

    /** That of a way. */
    public static Program of(FastPath.Way way) {
        return switch (way) {
            case DRIVER -> DRIVER;
            case GENERIC -> GENERIC;
            case TC -> TC;
            case RULES -> RULES;
        };
    }

    /** Whether it can hand packets to sockets for frames. */
    public boolean knowsSockets() {
        return sockets != Sockets.UNKNOWN;
    }

    /** Whether it does nothing without them. */
    public boolean requiresSockets() {
        return sockets == Sockets.REQUIRED;
    }

    /** Whether the kernel gathers what it forwards, so that a second program can judge several at once. */
    boolean gathers() {
        return this == DRIVER;
    }

    /** The compiled file that it is in. */
    String object() {
        return object;
    }

    /** Where in that file. */
    String section() {
        return section;
    }

    /** In the status. */
    String key() {
        return key;
    }

    /** What the kernel is told that it is. */
    Bpf.Place place() {
        return place;
    }

    /** Where on a device it may sit, the best first. */
    List<Seat> seats() {
        return best == other ? List.of(best) : List.of(best, other);
    }

    /** Runs it, loaded, on a frame as if that had come from a device. */
    Bpf.Tested test(int loaded, int device, byte[] frame) throws DatapathException {
        return place == Bpf.Place.XDP ? Bpf.test(loaded, device, frame) : Bpf.testSocketBuffer(loaded, device, frame);
    }
}
