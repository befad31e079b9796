package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import io.dstm.datapath.internal.nativecode.NativeCalls;
import java.io.IOException;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The calls of bpf(2) that the fast path needs, with their attributes laid out as in linux/bpf.h. */
final class Bpf {

    static final int ARRAY = 2;
    static final int PROGRAMS = 3;
    static final int PER_CPU_ARRAY = 6;
    static final int DEVICES = 14;
    static final int SOCKETS = 17;
    static final int RING = 27;

    /** Flag of an array: it can be mapped into memory. */
    static final int MAPPABLE = 1 << 10;

    /** How a program sits on a device: in the driver, or in front of the network stack. */
    static final int IN_DRIVER = 1 << 2;

    static final int GENERIC = 1 << 1;

    private static final int MAP_CREATE = 0;
    private static final int MAP_LOOKUP = 1;
    private static final int MAP_UPDATE = 2;
    private static final int PROGRAM_LOAD = 5;
    private static final int OBJECT_PIN = 6;
    private static final int OBJECT_GET = 7;
    private static final int PROGRAM_TEST = 10;
    private static final int OBJECT_INFO = 15;
    private static final int LINK_CREATE = 28;
    private static final int LINK_UPDATE = 29;

    /** Where a program belongs. */
    enum Place {
        /** In a driver, or where a driver would have it. */
        XDP(6, 37),
        /** Where a driver would send what XDP forwards. */
        EXIT(6, 33),
        /** In front of the network stack, where packets come in. */
        TC_IN(3, 46),
        /** And where they go out. */
        TC_OUT(3, 47);

        /** The kind of program. */
        private final int program;
        /** The place that it is put to. */
        private final int attach;

        Place(int program, int attach) {
            this.program = program;
            this.attach = attach;
        }
    }

    private static final int SYS_ADMIN = 21;
    private static final int PERFMON = 38;

    private static final int LOG_BYTES = 1 << 20;
    private static final int LOG_SHOWN = 2000;
    private static final int CONTEXT = 24;
    private static final int SOCKET_BUFFER = 192;
    private static final int SOCKET_BUFFER_DEVICE = 40;
    private static final int ROOM_TO_GROW = 256;
    /** As much of struct bpf_prog_info as tells kind and number. */
    private static final int INFO = 8;

    private Bpf() {}

    /** A packet after a program has seen it, and what the program said. */
    record Tested(int verdict, ByteBuffer packet) {}

    private static ByteBuffer attributes(int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
    }

    /** Calls, and keeps what the attributes point to from being collected meanwhile. */
    private static int call(int command, ByteBuffer attributes, ByteBuffer... pointedTo) {
        try {
            return NativeCalls.dstm_bpf(command, NativeCalls.address(attributes), attributes.capacity());
        } finally {
            Reference.reachabilityFence(attributes);
            Reference.reachabilityFence(pointedTo);
        }
    }

    private static int orFail(int result, String what) throws DatapathException {
        if (result == -Errno.EPERM) {
            throw new DatapathException(what
                    + " without the capabilities CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN: run as root, or with"
                    + " AmbientCapabilities=CAP_BPF CAP_PERFMON CAP_NET_ADMIN CAP_NET_RAW (systemd); before Linux 5.11 also raise the limit of locked"
                    + " memory (LimitMEMLOCK)");
        }
        if (result < 0) {
            throw new DatapathException(what + ": " + Errno.describe(-result));
        }
        return result;
    }

    /** Makes a map; its descriptor. */
    static int createMap(String name, int type, int keyBytes, int valueBytes, int entries, int flags)
            throws DatapathException {
        ByteBuffer attributes = attributes(72);
        attributes
                .putInt(0, type)
                .putInt(4, keyBytes)
                .putInt(8, valueBytes)
                .putInt(12, entries)
                .putInt(16, flags);
        attributes.put(28, name.getBytes(StandardCharsets.US_ASCII));
        return orFail(call(MAP_CREATE, attributes), "Cannot make the table " + name + " of " + entries + " entries");
    }

    /** Reads the value of a key; false if there is none. */
    static boolean lookUp(int map, int key, ByteBuffer value) {
        return element(MAP_LOOKUP, map, key, value) >= 0;
    }

    /** Writes the value of a key. */
    static void update(int map, int key, ByteBuffer value) throws DatapathException {
        orFail(element(MAP_UPDATE, map, key, value), "Cannot write entry " + key);
    }

    private static int element(int command, int map, int key, ByteBuffer value) {
        ByteBuffer keyBytes = attributes(4).putInt(0, key);
        ByteBuffer attributes = attributes(32);
        attributes.putInt(0, map).putLong(8, NativeCalls.address(keyBytes)).putLong(16, NativeCalls.address(value));
        return call(command, attributes, keyBytes, value);
    }

    /** Hands a program to the kernel; its descriptor. A refusal carries the end of what the verifier says. */
    static int load(String name, Place place, ByteBuffer instructions) throws DatapathException {
        ByteBuffer license = attributes(4).put(0, "GPL".getBytes(StandardCharsets.US_ASCII));
        ByteBuffer attributes = attributes(72);
        attributes
                .putInt(0, place.program)
                .putInt(4, instructions.capacity() / 8)
                .putLong(8, NativeCalls.address(instructions))
                .putLong(16, NativeCalls.address(license));
        attributes
                .put(48, name.getBytes(StandardCharsets.US_ASCII))
                .putInt(68, place.program == Place.XDP.program ? place.attach : 0);
        int result = call(PROGRAM_LOAD, attributes, instructions, license);
        String said = "";
        if (result == -Errno.EACCES && !mayCalculateWithAddresses()) {
            // The verifier would say so in its own way.
            result = -Errno.EPERM;
        } else if (result == -Errno.EACCES || result == -Errno.EINVAL) {
            ByteBuffer log = attributes(LOG_BYTES);
            attributes.putInt(24, 1).putInt(28, LOG_BYTES).putLong(32, NativeCalls.address(log));
            result = call(PROGRAM_LOAD, attributes, instructions, license, log);
            said = end(log);
        }
        return orFail(result, "The kernel refuses the program " + name + (said.isEmpty() ? "" : " (" + said + ")"));
    }

    /** Whether the thread has CAP_PERFMON, or CAP_SYS_ADMIN, which includes it. */
    private static boolean mayCalculateWithAddresses() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/thread-self/status"))) {
                if (line.startsWith("CapEff:")) {
                    long capabilities = Long.parseUnsignedLong(
                            line.substring("CapEff:".length()).strip(), 16);
                    return (capabilities & (1L << PERFMON | 1L << SYS_ADMIN)) != 0;
                }
            }
        } catch (IOException | NumberFormatException unknown) {
            return true;
        }
        return true;
    }

    private static String end(ByteBuffer log) {
        int length = 0;
        while (length < log.capacity() && log.get(length) != 0) {
            length++;
        }
        int shown = Math.min(length, LOG_SHOWN);
        byte[] text = new byte[shown];
        log.get(length - shown, text);
        return new String(text, StandardCharsets.US_ASCII).strip();
    }

    /** Puts a program on a device (for tc: Linux 6.6); the descriptor of the link, with which it goes, or an error number negated. */
    static int attach(int program, int device, Place place, int mode) {
        return call(
                LINK_CREATE,
                attributes(64)
                        .putInt(0, program)
                        .putInt(4, device)
                        .putInt(8, place.attach)
                        .putInt(12, mode));
    }

    /** The number by which the kernel knows a program, among all that there are. */
    static int programId(int program) throws DatapathException {
        ByteBuffer known = attributes(INFO);
        ByteBuffer attributes =
                attributes(16).putInt(0, program).putInt(4, INFO).putLong(8, NativeCalls.address(known));
        orFail(call(OBJECT_INFO, attributes, known), "Cannot ask for a program's number");
        return known.getInt(4);
    }

    /** Puts another program in the place of a link's, without a packet in between that sees none. */
    static void exchange(int link, int program) throws DatapathException {
        orFail(
                call(LINK_UPDATE, attributes(64).putInt(0, link).putInt(4, program)),
                "Cannot exchange the program on a device");
    }

    /** Gives a descriptor's object a name on a BPF file system, which keeps it; 0 or an error number negated. */
    static int pin(int fd, Path file) {
        return named(OBJECT_PIN, fd, file);
    }

    /** The descriptor of the object that has a name; or an error number negated. */
    static int pinned(Path file) {
        return named(OBJECT_GET, 0, file);
    }

    private static int named(int command, int fd, Path file) {
        byte[] name = file.toString().getBytes(StandardCharsets.UTF_8);
        ByteBuffer text = attributes(name.length + 1).put(0, name);
        return call(
                command, attributes(24).putLong(0, NativeCalls.address(text)).putInt(8, fd), text);
    }

    /** Runs a program for XDP on one packet as if it had come from a device. */
    static Tested test(int program, int device, byte[] packet) throws DatapathException {
        return test(
                program, packet, attributes(CONTEXT).putInt(4, packet.length).putInt(12, device));
    }

    /** The same with a program for tc. */
    static Tested testSocketBuffer(int program, int device, byte[] packet) throws DatapathException {
        return test(program, packet, attributes(SOCKET_BUFFER).putInt(SOCKET_BUFFER_DEVICE, device));
    }

    private static Tested test(int program, byte[] packet, ByteBuffer context) throws DatapathException {
        ByteBuffer in = attributes(packet.length).put(0, packet);
        ByteBuffer out = attributes(packet.length + ROOM_TO_GROW);
        ByteBuffer attributes = attributes(80);
        attributes
                .putInt(0, program)
                .putInt(8, packet.length)
                .putInt(12, out.capacity())
                .putLong(16, NativeCalls.address(in))
                .putLong(24, NativeCalls.address(out))
                .putInt(32, 1)
                .putInt(40, context.capacity())
                .putLong(48, NativeCalls.address(context));
        orFail(call(PROGRAM_TEST, attributes, in, out, context), "Cannot try the program");
        return new Tested(attributes.getInt(4), out.limit(attributes.getInt(12)).slice());
    }
}
