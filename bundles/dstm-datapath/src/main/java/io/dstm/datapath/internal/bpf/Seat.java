package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import java.util.List;
import java.util.Locale;

/** Where on a device a program sits. */
enum Seat {
    /** XDP in the driver. */
    DRIVER,
    /** XDP in front of the network stack. */
    GENERIC,
    /** Before or behind the network stack, by tcx (Linux 6.6). */
    TC,
    /** The same by the qdisc clsact. */
    CLSACT;

    /** Those for programs for tc, the best first. */
    static final List<Seat> FOR_TC = List.of(TC, CLSACT);

    /** Which of these are tried, for those who want to know how it would be on another kernel: their names, comma-separated. */
    private static final String PROPERTY = "dstm.tc";

    /** In names on a BPF file system. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What the status says of it behind the device's name: nothing where there is no better one. */
    String remark() {
        return this == TC ? "" : " (" + key() + ")";
    }

    /** Whether what an earlier process has left there can be given another program; else it is replaced. */
    boolean isTakenOver() {
        return this != CLSACT;
    }

    /**
     * Puts a program there.
     *
     * @param tunnel the tunnel that the program belongs to
     * @throws SeatTakenException if there is another one, and room for one only
     */
    Hold put(int program, Bpf.Place place, String device, int index, String tunnel) throws DatapathException {
        return switch (this) {
            case DRIVER -> link(Bpf.attach(program, index, place, Bpf.IN_DRIVER), device);
            case GENERIC -> link(Bpf.attach(program, index, place, Bpf.GENERIC), device);
            case TC -> link(isTried("tcx") ? Bpf.attach(program, index, place, 0) : -Errno.EINVAL, device);
            case CLSACT -> {
                if (!isTried("clsact")) {
                    throw new DatapathException(Errno.describe(Errno.EOPNOTSUPP));
                }
                yield ClsactHold.put(program, index, place, tunnel);
            }
        };
    }

    private static boolean isTried(String how) {
        return List.of(System.getProperty(PROPERTY, "tcx,clsact").split(",", -1))
                .contains(how);
    }

    private Hold link(int result, String device) throws DatapathException {
        switch (-result) {
            case Errno.EBUSY, Errno.EEXIST ->
                throw new SeatTakenException("there is another one (ip link show dev " + device + ")");
            case Errno.EOPNOTSUPP -> throw new DatapathException("its driver runs none");
            case Errno.EINVAL ->
                throw new DatapathException(this == TC ? "tcx takes Linux 6.6 or later" : Errno.describe(-result));
            default -> {
                if (result < 0) {
                    throw new DatapathException(Errno.describe(-result));
                }
                return new Hold.Link(result);
            }
        }
    }
}
