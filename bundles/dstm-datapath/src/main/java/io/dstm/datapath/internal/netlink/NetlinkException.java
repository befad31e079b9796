package io.dstm.datapath.internal.netlink;

/** The kernel refused a request. */
final class NetlinkException extends Exception {

    private static final long serialVersionUID = 1L;

    private final int errno;

    NetlinkException(int errno, String reason) {
        super(reason);
        this.errno = errno;
    }

    int errno() {
        return errno;
    }
}
