package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A window on a datagram that is read from its front. Reading beyond its end throws {@link MalformedException} and nothing else;
 * windows within windows share a budget of depth and number, so that a small datagram cannot cause much work.
 */
final class OctetReader {

    /** Message, IA, address, status: 4 levels have a use. One more lets an unknown nesting be. */
    private static final int DEEPEST_OPTION = 5;

    /** HOP_COUNT_LIMIT is 8 (RFC 8415 section 7.6), counted from 0. */
    private static final int DEEPEST_RELAY = 9;

    /** More options than any sane message has, few enough to be cheap. */
    private static final int MOST_OPTIONS = 1024;

    /** What all windows of one datagram share. */
    static final class Budget {
        private final OptionTable table;
        private int options = MOST_OPTIONS;
        private int relays = DEEPEST_RELAY;

        Budget(OptionTable table) {
            this.table = table;
        }
    }

    private final byte[] bytes;
    private final int end;
    private final int depth;
    private final String section;
    private final Budget budget;
    private int position;

    OctetReader(byte[] bytes, int start, int end, int depth, String section, Budget budget) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
        this.depth = depth;
        this.section = section;
        this.budget = budget;
    }

    int remaining() {
        return end - position;
    }

    int u8() throws MalformedException {
        need(1);
        return bytes[position++] & 0xFF;
    }

    int u16() throws MalformedException {
        need(2);
        return u8() << 8 | u8();
    }

    int u24() throws MalformedException {
        need(3);
        return u8() << 16 | u16();
    }

    int s32() throws MalformedException {
        need(4);
        return u16() << 16 | u16();
    }

    long u32() throws MalformedException {
        return Integer.toUnsignedLong(s32());
    }

    Ipv4Address ipv4() throws MalformedException {
        return new Ipv4Address(s32());
    }

    Ipv6Address ipv6() throws MalformedException {
        need(16);
        Ipv6Address address = Ipv6Address.ofBytes(bytes, position);
        position += 16;
        return address;
    }

    /** An address of which only the first {@code count} octets are there, the rest being zero. */
    Ipv6Address ipv6Start(int count) throws MalformedException {
        need(count);
        ByteBuffer address = ByteBuffer.allocate(16);
        address.put(bytes, position, count).rewind();
        position += count;
        return new Ipv6Address(address.getLong(), address.getLong());
    }

    Octets rest() {
        Octets rest = Octets.ofRange(bytes, position, end);
        position = end;
        return rest;
    }

    String text() {
        String text = new String(bytes, position, end - position, StandardCharsets.UTF_8);
        position = end;
        return text;
    }

    /** Everything to the end as options. */
    Options options() throws MalformedException {
        if (depth >= DEEPEST_OPTION && remaining() > 0) {
            throw malformed("RFC 8415 section 21.1", "options are nested more than " + DEEPEST_OPTION + " deep");
        }
        List<Option> options = new ArrayList<>();
        while (remaining() > 0) {
            if (budget.options-- == 0) {
                throw malformed("RFC 8415 section 21.1", "more than " + MOST_OPTIONS + " options");
            }
            if (remaining() < 4) {
                throw malformed("RFC 8415 section 21.1", "an option ends within its code or length");
            }
            OptionCode code = new OptionCode(u16());
            int length = u16();
            if (length > remaining()) {
                throw malformed(
                        "RFC 8415 section 21.1",
                        "option " + code + " claims " + length + " octets where " + remaining() + " are left");
            }
            options.add(budget.table.read(
                    code, new OctetReader(bytes, position, position + length, depth + 1, section, budget)));
            position += length;
        }
        return new Options(options);
    }

    /** Everything to the end as a message inside a relay's. */
    Message relayedMessage() throws MalformedException {
        if (budget.relays-- == 0) {
            throw malformed("RFC 8415 section 7.6", "more than " + DEEPEST_RELAY + " relays");
        }
        return new OctetReader(bytes, position, end, 0, "RFC 8415 section 21.10", budget).message();
    }

    /** Everything to the end as a message. */
    Message message() throws MalformedException {
        MessageType type = new MessageType(u8());
        if (type.isRelay()) {
            int hopCount = u8();
            Ipv6Address link = ipv6();
            Ipv6Address peer = ipv6();
            return new Message.Relayed(type, hopCount, link, peer, options());
        }
        int transactionId = u24();
        return new Message.Direct(type, transactionId, options());
    }

    OctetReader inSection(String newSection) {
        return new OctetReader(bytes, position, end, depth, newSection, budget);
    }

    MalformedException malformed(String reason) {
        return malformed(section, reason);
    }

    private MalformedException malformed(String where, String reason) {
        return new MalformedException(new DecodeError(where, reason, position));
    }

    private void need(int count) throws MalformedException {
        if (remaining() < count) {
            throw malformed("the message ends within a field of " + count + " octets");
        }
    }
}
