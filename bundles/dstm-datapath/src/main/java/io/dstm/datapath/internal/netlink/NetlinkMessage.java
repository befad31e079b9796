package io.dstm.datapath.internal.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One message of a netlink answer.
 *
 * @param type what it is
 * @param flags its flags
 * @param body what follows the header, in the machine's order
 */
record NetlinkMessage(int type, int flags, ByteBuffer body) {

    static final int ERROR = 2;
    static final int DONE = 3;

    /** The kernel's tables changed while they were read: the answer has gaps. */
    static final int FLAG_INTERRUPTED = 0x10;

    private static final int EXTENDED_ACK_TEXT = 1;
    private static final int FLAG_CAPPED = 0x100;
    private static final int TYPE_MASK = 0x3FFF;

    /** Reads every whole message of an answer; what is cut off or malformed ends the list. */
    static List<NetlinkMessage> parse(ByteBuffer answer, int length) {
        List<NetlinkMessage> messages = new ArrayList<>();
        int position = 0;
        while (position + NetlinkRequest.HEADER <= length) {
            int size = answer.getInt(position);
            if (size < NetlinkRequest.HEADER || size > length - position) {
                break;
            }
            messages.add(new NetlinkMessage(
                    Short.toUnsignedInt(answer.getShort(position + 4)),
                    Short.toUnsignedInt(answer.getShort(position + 6)),
                    part(answer, position + NetlinkRequest.HEADER, size - NetlinkRequest.HEADER)));
            position += size + 3 & ~3;
        }
        return messages;
    }

    private static ByteBuffer part(ByteBuffer whole, int offset, int length) {
        return whole.slice(offset, length).order(ByteOrder.nativeOrder());
    }

    /** The attributes behind a fixed part of {@code fixed} octets; of a repeated one the last counts. */
    Map<Integer, ByteBuffer> attributes(int fixed) {
        return attributes(body, fixed);
    }

    /** The attributes in a part of a message, from some place on; of a repeated one the last counts. */
    static Map<Integer, ByteBuffer> attributes(ByteBuffer from, int start) {
        Map<Integer, ByteBuffer> attributes = new HashMap<>();
        int position = start;
        while (position + 4 <= from.capacity()) {
            int size = Short.toUnsignedInt(from.getShort(position));
            if (size < 4 || size > from.capacity() - position) {
                break;
            }
            attributes.put(
                    Short.toUnsignedInt(from.getShort(position + 2)) & TYPE_MASK, part(from, position + 4, size - 4));
            position += size + 3 & ~3;
        }
        return attributes;
    }

    /** For {@link #ERROR} and {@link #DONE}: the error number, 0 for success. */
    int errno() {
        return body.capacity() >= 4 ? Math.max(0, -body.getInt(0)) : 0;
    }

    /** For {@link #ERROR}: the kernel's reason in words, if it gave one. */
    Optional<String> reason() {
        // Behind the error number the kernel repeats the request, only its header if capped.
        int repeated = NetlinkRequest.HEADER;
        if ((flags & FLAG_CAPPED) == 0 && body.capacity() >= 4 + NetlinkRequest.HEADER) {
            repeated = Math.max(NetlinkRequest.HEADER, body.getInt(4) + 3 & ~3);
        }
        if (repeated > body.capacity() - 4) {
            return Optional.empty();
        }
        return Optional.ofNullable(attributes(body, 4 + repeated).get(EXTENDED_ACK_TEXT))
                .map(NetlinkMessage::text);
    }

    /** An attribute's text up to its terminating zero. */
    static String text(ByteBuffer attribute) {
        byte[] octets = new byte[attribute.capacity()];
        attribute.get(0, octets);
        int end = 0;
        while (end < octets.length && octets[end] != 0) {
            end++;
        }
        return new String(octets, 0, end, StandardCharsets.US_ASCII);
    }
}
