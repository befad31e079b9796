package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv6Address;
import java.util.ArrayList;
import java.util.List;

/**
 * A window on a DHCPv6 datagram. Windows within windows share a budget of depth and number, so that a small datagram cannot cause
 * much work.
 */
final class OctetReader extends FieldReader {

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

    private final int depth;
    private final Budget budget;

    OctetReader(byte[] bytes, int start, int end, int depth, String section, Budget budget) {
        super(bytes, start, end, section);
        this.depth = depth;
        this.budget = budget;
    }

    /** Everything to the end as options. */
    Options options() throws MalformedException {
        if (depth >= DEEPEST_OPTION && remaining() > 0) {
            throw malformed(
                    DecodeError.Kind.TOO_DEEP,
                    "RFC 8415 section 21.1",
                    "options are nested more than " + DEEPEST_OPTION + " deep");
        }
        List<Option> options = new ArrayList<>();
        while (remaining() > 0) {
            if (budget.options-- == 0) {
                throw malformed(
                        DecodeError.Kind.TOO_MANY_OPTIONS,
                        "RFC 8415 section 21.1",
                        "more than " + MOST_OPTIONS + " options");
            }
            if (remaining() < 4) {
                throw malformed(
                        DecodeError.Kind.TRUNCATED,
                        "RFC 8415 section 21.1",
                        "an option ends within its code or length");
            }
            OptionCode code = new OptionCode(u16());
            int length = u16();
            if (length > remaining()) {
                throw malformed(
                        DecodeError.Kind.TRUNCATED,
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
            throw malformed(
                    DecodeError.Kind.TOO_MANY_RELAYS, "RFC 8415 section 7.6", "more than " + DEEPEST_RELAY + " relays");
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

    /** Another window on the same octets. */
    OctetReader again() {
        return new OctetReader(bytes, position, end, depth, section, budget);
    }
}
