package io.dstm.datapath.internal.nativecode;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The calls of the native library, mapped directly: see {@code dstm_datapath.h} for their contract. The calls that move packets
 * take addresses ({@link #address}) and nothing else, since JNA spends more time on a buffer than on the rest of a call. Every call
 * returns a count or an error number negated ({@link Errno}).
 */
public final class NativeCalls {

    /** The version of the native interface that this class speaks. */
    static final int ABI = 8;

    private NativeCalls() {}

    /** Where a direct buffer begins, whatever its position. The caller keeps the buffer as long as it uses the address. */
    public static long address(ByteBuffer direct) {
        return Pointer.nativeValue(Native.getDirectBufferPointer(direct));
    }

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

    /** Creates a TUN device that lives as long as the descriptor, or as the last one of several queues. */
    public static native int dstm_tun_create(int fd, String name, int queue, int queues);

    /** Takes packets from a TUN device. */
    public static native int dstm_tun_receive(
            int fd,
            int wakeFd,
            long memory,
            int memoryBytes,
            int slotSize,
            int headroom,
            long entries,
            int capacity,
            long dropped,
            long paths,
            int pathCount,
            int timeoutMillis);

    /** Puts packets into a TUN device. */
    public static native int dstm_tun_send(
            int fd, long memory, int memoryBytes, long entries, int count, int longest, long paths, int pathCount);

    /** Opens a socket that receives IPv4 in IPv6, or its share of it. */
    public static native int dstm_raw6_open_receiver(int receiveBuffer, int share, int shares);

    /** Opens a socket that receives ICMPv6 errors. */
    public static native int dstm_raw6_open_errors(int receiveBuffer);

    /** Opens a socket that sends IPv6 packets as they are. */
    public static native int dstm_raw6_open_sender(int sendBuffer);

    /** Takes packets from a raw socket, and ICMPv6 errors from another beside it. */
    public static native int dstm_raw6_receive(
            int fd,
            int errorsFd,
            int errorsFirst,
            int wakeFd,
            long memory,
            int memoryBytes,
            int slotSize,
            int headroom,
            long addresses,
            int addressCount,
            long entries,
            int capacity,
            long dropped,
            int timeoutMillis);

    /** Sends packets through a raw socket. */
    public static native int dstm_raw6_send(int fd, long memory, int memoryBytes, long entries, int count);

    /** How many packets the kernel dropped because the socket's queue was full. */
    public static native int dstm_raw6_overflows(int fd);

    /** Opens a socket for frames past the network stack; a handle or an error number negated. */
    public static native long dstm_xsk_open(int device, int queue);

    /** The descriptor of such a socket, by which a program knows it. */
    public static native int dstm_xsk_fd(long handle);

    /** Takes packets from such a socket, and what was noted of them. */
    public static native int dstm_xsk_receive(
            long handle,
            int wakeFd,
            long memory,
            int memoryBytes,
            int slotSize,
            int headroom,
            long entries,
            long notes,
            int capacity,
            long dropped,
            int timeoutMillis);

    /** Sends by such a socket those packets that go where they were noted to go, and moves the others to the front. */
    public static native int dstm_xsk_send(
            long handle,
            int exit,
            long ownAddress,
            long memory,
            int memoryBytes,
            int slotSize,
            long entries,
            int count,
            long notes,
            int noteCount,
            long left);

    /** How many packets the kernel dropped since nobody fetched them. */
    public static native int dstm_xsk_overflows(long handle);

    /** Closes such a socket. */
    public static native int dstm_xsk_close(long handle);

    /** Begins to read a ring of frames; a handle or an error number negated. */
    public static native long dstm_ring_open(int fd, int bytes);

    /** Takes packets from such a ring. */
    public static native int dstm_ring_receive(
            long handle,
            int wakeFd,
            long memory,
            int memoryBytes,
            int slotSize,
            int headroom,
            long entries,
            int capacity,
            long dropped,
            int timeoutMillis);

    /** Ends reading such a ring. */
    public static native int dstm_ring_close(long handle);

    /** One rtnetlink conversation. */
    public static native int dstm_netlink(ByteBuffer request, int requestBytes, ByteBuffer answer, int capacity);

    /** Opens a socket that is told of changes in groups of rtnetlink. */
    public static native int dstm_netlink_listen(int groups);

    /** Waits for such changes. */
    public static native int dstm_netlink_events(
            int fd, int wakeFd, ByteBuffer events, int capacity, int timeoutMillis);

    /** bpf(2). */
    public static native int dstm_bpf(int command, long attributes, int length);

    /** Waits for the programs that run now, and until what they forward has left. */
    public static native int dstm_bpf_settle();

    /** Maps an array map into memory; the address. */
    public static native long dstm_bpf_map_memory(int fd, long bytes);

    /** Ends a mapping. */
    public static native int dstm_bpf_unmap_memory(long address, long bytes);

    /** Memory that native code has handed out, in the machine's order. It must not be touched once it was given back. */
    public static ByteBuffer memory(long address, long bytes) {
        return new Pointer(address).getByteBuffer(0, bytes).order(ByteOrder.nativeOrder());
    }
}
