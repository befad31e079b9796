package io.dstm.datapath.internal.bpf;

import io.dstm.api.datapath.DatapathException;
import io.dstm.datapath.internal.nativecode.Errno;
import java.util.Locale;

/** Where on a device a program sits. */
enum Seat {
    /** XDP in the driver. */
    DRIVER,
    /** XDP in front of the network stack. */
    GENERIC,
    /** Where the network stack begins. */
    TC;

    /** In names on a BPF file system. */
    String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What the status says of it behind the device's name: nothing where there is no other. */
    String remark() {
        return this == TC ? "" : " (" + key() + ")";
    }

    /** Puts a program there; the descriptor of the link, with which it goes, or an error number negated. */
    int put(int program, int device) {
        return switch (this) {
            case DRIVER -> Bpf.attach(program, device, Bpf.Place.XDP, Bpf.IN_DRIVER);
            case GENERIC -> Bpf.attach(program, device, Bpf.Place.XDP, Bpf.GENERIC);
            case TC -> Bpf.attach(program, device, Bpf.Place.TC_IN, 0);
        };
    }

    /** Why {@link #put} has failed. */
    DatapathException refusal(String device, int error) {
        String why =
                switch (-error) {
                    case Errno.EBUSY, Errno.EEXIST -> "there is another one (ip link show dev " + device + ")";
                    case Errno.EOPNOTSUPP -> "its driver runs none";
                    case Errno.EINVAL -> this == TC ? "this takes Linux 6.6 or later" : Errno.describe(-error);
                    default -> Errno.describe(-error);
                };
        return new DatapathException("Cannot put the program on " + device + ": " + why);
    }
}
