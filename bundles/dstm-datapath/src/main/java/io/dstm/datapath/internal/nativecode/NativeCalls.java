package io.dstm.datapath.internal.nativecode;

import java.nio.ByteBuffer;

/**
 * The calls of the native library, mapped directly: see {@code dstm_datapath.h} for their contract. Buffers are direct and are
 * read from their beginning, whatever their position. Every call returns a count or an error number negated ({@link Errno}).
 */
public final class NativeCalls {

    /** The version of the native interface that this class speaks. */
    static final int ABI = 1;

    private NativeCalls() {}

    static native int dstm_abi();

    /** Opens an event that makes a waiting receive return. */
    public static native int dstm_wake_open();

    /** Makes a receive that waits on the event return, now or at its next wait. */
    public static native int dstm_wake(int wakeFd);

    /** Forgets wake-ups that nobody has seen. */
    public static native int dstm_wake_drain(int wakeFd);

    /** Closes a descriptor. */
    public static native int dstm_close(int fd);

    /** Opens the clone device. */
    public static native int dstm_tun_open(String path);

    /** Creates a TUN device that lives as long as the descriptor. */
    public static native int dstm_tun_create(int fd, String name);

    /** Takes packets from a TUN device. */
    public static native int dstm_tun_receive(
            int fd,
            int wakeFd,
            ByteBuffer memory,
            int memoryBytes,
            int slotSize,
            int headroom,
            ByteBuffer entries,
            int capacity,
            ByteBuffer dropped,
            int timeoutMillis);

    /** Puts packets into a TUN device. */
    public static native int dstm_tun_send(int fd, ByteBuffer memory, int memoryBytes, ByteBuffer entries, int count);

    /** Opens a socket that receives IPv4 in IPv6. */
    public static native int dstm_raw6_open_receiver(int receiveBuffer);

    /** Opens a socket that sends IPv6 packets as they are. */
    public static native int dstm_raw6_open_sender(int sendBuffer);

    /** Takes packets from a raw socket. */
    public static native int dstm_raw6_receive(
            int fd,
            int wakeFd,
            ByteBuffer memory,
            int memoryBytes,
            int slotSize,
            int headroom,
            ByteBuffer addresses,
            int addressCount,
            ByteBuffer entries,
            int capacity,
            ByteBuffer dropped,
            int timeoutMillis);

    /** Sends packets through a raw socket. */
    public static native int dstm_raw6_send(int fd, ByteBuffer memory, int memoryBytes, ByteBuffer entries, int count);

    /** How many packets the kernel dropped because the socket's queue was full. */
    public static native int dstm_raw6_overflows(int fd);

    /** One rtnetlink conversation. */
    public static native int dstm_netlink(ByteBuffer request, int requestBytes, ByteBuffer answer, int capacity);
}
