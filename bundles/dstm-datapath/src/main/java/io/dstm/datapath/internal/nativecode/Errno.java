package io.dstm.datapath.internal.nativecode;

import java.util.Map;

/** Linux error numbers that the datapath tells apart; the same on x86-64 and aarch64. */
public final class Errno {

    /** Operation not permitted. */
    public static final int EPERM = 1;

    /** No such file or directory. */
    public static final int ENOENT = 2;

    /** No such process; for routes: no such route. */
    public static final int ESRCH = 3;

    /** Input/output error; for a TUN: the device is down. */
    public static final int EIO = 5;

    /** No such device or address. */
    public static final int ENXIO = 6;

    /** Bad file descriptor. */
    public static final int EBADF = 9;

    /** Cannot allocate memory. */
    public static final int ENOMEM = 12;

    /** Permission denied. */
    public static final int EACCES = 13;

    /** Device or resource busy; for a TUN: the name is in use. */
    public static final int EBUSY = 16;

    /** File exists. */
    public static final int EEXIST = 17;

    /** No such device. */
    public static final int ENODEV = 19;

    /** Invalid argument. */
    public static final int EINVAL = 22;

    /** Too many open files. */
    public static final int EMFILE = 24;

    /** File descriptor in bad state; for a TUN: its device is gone. */
    public static final int EBADFD = 77;

    /** Socket operation on a non-socket. */
    public static final int ENOTSOCK = 88;

    /** Operation not supported. */
    public static final int EOPNOTSUPP = 95;

    /** Address family not supported. */
    public static final int EAFNOSUPPORT = 97;

    /** Cannot assign requested address. */
    public static final int EADDRNOTAVAIL = 99;

    /** Network is down. */
    public static final int ENETDOWN = 100;

    /** Network is unreachable. */
    public static final int ENETUNREACH = 101;

    /** No buffer space available. */
    public static final int ENOBUFS = 105;

    /** Connection timed out. */
    public static final int ETIMEDOUT = 110;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "EPERM, operation not permitted"),
            Map.entry(ENOENT, "ENOENT, no such file"),
            Map.entry(ESRCH, "ESRCH, not found"),
            Map.entry(EIO, "EIO, input/output error"),
            Map.entry(ENXIO, "ENXIO, no such device"),
            Map.entry(EBADF, "EBADF, bad file descriptor"),
            Map.entry(ENOMEM, "ENOMEM, out of memory"),
            Map.entry(EACCES, "EACCES, permission denied"),
            Map.entry(EBUSY, "EBUSY, busy"),
            Map.entry(EEXIST, "EEXIST, exists"),
            Map.entry(ENODEV, "ENODEV, no such device"),
            Map.entry(EINVAL, "EINVAL, invalid argument"),
            Map.entry(EMFILE, "EMFILE, too many open files"),
            Map.entry(EBADFD, "EBADFD, device is gone"),
            Map.entry(ENOTSOCK, "ENOTSOCK, not a socket"),
            Map.entry(EOPNOTSUPP, "EOPNOTSUPP, not supported"),
            Map.entry(EAFNOSUPPORT, "EAFNOSUPPORT, address family not supported"),
            Map.entry(EADDRNOTAVAIL, "EADDRNOTAVAIL, address not available"),
            Map.entry(ENETDOWN, "ENETDOWN, network is down"),
            Map.entry(ENETUNREACH, "ENETUNREACH, network is unreachable"),
            Map.entry(ENOBUFS, "ENOBUFS, no buffer space"),
            Map.entry(ETIMEDOUT, "ETIMEDOUT, no answer"));

    private Errno() {}

    /** Name and meaning of an error number, for messages. */
    public static String describe(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }

    /** Whether the error concerns the descriptor itself, so that no later call on it will do better. */
    public static boolean isFatal(int errno) {
        return errno == EBADF || errno == EBADFD || errno == ENOTSOCK || errno == ENODEV;
    }
}
