package io.dstm.datapath.internal.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Builds one rtnetlink message (RFC 3549 section 2.3): header, a fixed part by kind, attributes that may nest. */
final class NetlinkRequest {

    static final int FLAG_REQUEST = 0x1;
    static final int FLAG_ACK = 0x4;
    static final int FLAG_REPLACE = 0x100;
    static final int FLAG_EXCLUSIVE = 0x200;
    static final int FLAG_CREATE = 0x400;
    static final int FLAG_DUMP = 0x300;

    /** Length of the header: length, type, flags, sequence, port. */
    static final int HEADER = 16;

    private static final int CAPACITY = 512;
    private static final int NESTED = 0x8000;

    private final ByteBuffer message = ByteBuffer.allocateDirect(CAPACITY).order(ByteOrder.nativeOrder());

    /** Begins a message; FLAG_REQUEST is added. */
    NetlinkRequest(int type, int flags) {
        message.putInt(0);
        message.putShort((short) type);
        message.putShort((short) (flags | FLAG_REQUEST));
        message.putInt(1);
        message.putInt(0);
    }

    /** The fixed part of a link message (struct ifinfomsg). */
    NetlinkRequest link(int index, int flags, int change) {
        message.put((byte) 0).put((byte) 0).putShort((short) 0);
        message.putInt(index).putInt(flags).putInt(change);
        return this;
    }

    /** The fixed part of an address message (struct ifaddrmsg). */
    NetlinkRequest address(int family, int prefixLength, int scope, int index) {
        message.put((byte) family).put((byte) prefixLength).put((byte) 0).put((byte) scope);
        message.putInt(index);
        return this;
    }

    /** The fixed part of a neighbour message (struct ndmsg). */
    NetlinkRequest neighbour(int family, int index, int flags) {
        message.put((byte) family).put((byte) 0).putShort((short) 0).putInt(index);
        message.putShort((short) 0).put((byte) flags).put((byte) 0);
        return this;
    }

    /** The fixed part of a route message (struct rtmsg). */
    NetlinkRequest route(int family, int prefixLength, int table, int protocol, int scope, int type) {
        message.put((byte) family).put((byte) prefixLength).put((byte) 0).put((byte) 0);
        message.put((byte) table).put((byte) protocol).put((byte) scope).put((byte) type);
        message.putInt(0);
        return this;
    }

    /** The fixed part of a traffic control message (struct tcmsg). */
    NetlinkRequest traffic(int index, int handle, int parent, int info) {
        message.putInt(0).putInt(index).putInt(handle).putInt(parent).putInt(info);
        return this;
    }

    /** An attribute with a 32-bit number in the machine's order. */
    NetlinkRequest number(int type, int value) {
        message.putShort((short) 8).putShort((short) type).putInt(value);
        return this;
    }

    /** An attribute with an octet. */
    NetlinkRequest octet(int type, int value) {
        return bytes(type, new byte[] {(byte) value});
    }

    /** An attribute with octets as they are. */
    NetlinkRequest bytes(int type, byte[] value) {
        message.putShort((short) (4 + value.length)).putShort((short) type).put(value);
        while (message.position() % 4 != 0) {
            message.put((byte) 0);
        }
        return this;
    }

    /** An attribute with a name, zero-terminated. */
    NetlinkRequest text(int type, String value) {
        byte[] octets = value.getBytes(StandardCharsets.US_ASCII);
        byte[] terminated = java.util.Arrays.copyOf(octets, octets.length + 1);
        return bytes(type, terminated);
    }

    /** Begins a nested attribute; hand the result to {@link #end}. */
    int begin(int type) {
        int start = message.position();
        message.putShort((short) 0).putShort((short) (type | NESTED));
        return start;
    }

    /** Ends a nested attribute. */
    NetlinkRequest end(int start) {
        message.putShort(start, (short) (message.position() - start));
        return this;
    }

    /** The finished message, from position 0 to its limit. */
    ByteBuffer finish() {
        message.putInt(0, message.position());
        return message.flip();
    }
}
