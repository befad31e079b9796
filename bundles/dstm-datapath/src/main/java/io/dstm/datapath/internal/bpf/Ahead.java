package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;

/**
 * What a program takes to judge packets in two steps, the lines of their bindings asked for ahead ({@code ahead.h}): a second program, the
 * devices that it sits on, and the ring for what it leaves to the rules. Linux 5.18 has all of it.
 */
final class Ahead {

    /** As long as nobody reads it, it takes so much and no more. */
    static final int RING_BYTES = 1 << 20;

    /** A table of so many bindings is larger than the caches next to a processor: from there on the second step costs less than it spares. */
    private static final int WORTH_IT = 1 << 16;

    private static final String NAME = "dstm_follow";
    private static final int FOLLOWED_BYTES = 8;
    private static final int SENT = 2;
    private static final int FORWARDED = 4;

    private final BpfObject object;
    private final int exits;
    private final int followed;
    private final int left;
    private int program;
    /** The same for trials; -1 until the first one. */
    private int trial = -1;

    private Map<String, Integer> maps;
    private boolean read;
    private int worthIt = WORTH_IT;

    private Ahead(BpfObject object, int exits, int followed, int left, int program, Map<String, Integer> maps) {
        this.object = object;
        this.exits = exits;
        this.followed = followed;
        this.left = left;
        this.program = program;
        this.maps = maps;
    }

    /**
     * Makes the tables and has the kernel check the program.
     *
     * @param maps those of the first program; the two that belong to this are added
     * @throws DatapathException if this kernel cannot do it; nothing is left behind
     */
    static Ahead create(BpfObject object, int exits, Map<String, Integer> maps) throws DatapathException {
        int followed = Bpf.createMap("dstm_followed", Bpf.DEVICES, 4, FOLLOWED_BYTES, exits, 0);
        try {
            int left = Bpf.createMap("dstm_left", Bpf.RING, 0, 0, RING_BYTES, 0);
            try {
                name(maps, followed, left);
                int program = load(object, maps);
                return new Ahead(object, exits, followed, left, program, maps);
            } catch (DatapathException refused) {
                NativeCalls.dstm_close(left);
                throw refused;
            }
        } catch (DatapathException refused) {
            NativeCalls.dstm_close(followed);
            throw refused;
        }
    }

    /** Names its tables for a program. */
    void name(Map<String, Integer> others) {
        name(others, followed, left);
    }

    private static void name(Map<String, Integer> maps, int followed, int left) {
        maps.put("followed", followed);
        maps.put("left", left);
    }

    /** The second program for other tables; it is not at work yet. */
    int load(Map<String, Integer> others) throws DatapathException {
        return load(object, others);
    }

    private static int load(BpfObject object, Map<String, Integer> maps) throws DatapathException {
        return BpfObject.load(NAME, Bpf.Place.EXIT, object.instructions("follow", maps));
    }

    /** Exchanges the second program, wherever it is. */
    void exchange(int loaded, Map<String, Integer> others) throws DatapathException {
        for (int exit = 0; exit < exits; exit++) {
            ByteBuffer value = value();
            if (Bpf.lookUp(followed, exit, value) && value.getInt(0) != 0) {
                Bpf.update(followed, exit, value.putInt(4, loaded));
            }
        }
        NativeCalls.dstm_close(program);
        program = loaded;
        maps = others;
        closeTrial();
    }

    /** Puts it where packets leave by a device. */
    void follow(int exit, int device) throws DatapathException {
        Bpf.update(followed, exit, value().putInt(0, device).putInt(4, program));
    }

    private static ByteBuffer value() {
        return ByteBuffer.allocateDirect(FOLLOWED_BYTES).order(ByteOrder.nativeOrder());
    }

    /** The ring of what it leaves to the rules. */
    int left() {
        return left;
    }

    /** Somebody reads the ring. */
    void isRead() {
        read = true;
    }

    /** From how many places for bindings on it is used. */
    void setWorthIt(int places) {
        worthIt = places;
    }

    /** Whether it pays, and nothing is lost by it. */
    boolean isUsed(long places) {
        return read && places >= worthIt;
    }

    /**
     * Goes on with what the first program was tried on: what the second does with what the first has sent it, said as the first would have said
     * it.
     */
    Bpf.Tested test(Bpf.Tested first, int device) throws DatapathException {
        if (first.verdict() != FORWARDED) {
            return first;
        }
        byte[] between = new byte[first.packet().remaining()];
        first.packet().get(between);
        if (trial < 0) {
            trial = BpfObject.load("dstm_trial", Bpf.Place.XDP, object.instructions("trial", maps));
        }
        Bpf.Tested second = Bpf.test(trial, device, between);
        return new Bpf.Tested(second.verdict() == SENT ? FORWARDED : SENT, second.packet());
    }

    private void closeTrial() {
        if (trial >= 0) {
            NativeCalls.dstm_close(trial);
            trial = -1;
        }
    }

    void close() {
        closeTrial();
        NativeCalls.dstm_close(program);
        NativeCalls.dstm_close(followed);
        NativeCalls.dstm_close(left);
    }
}
