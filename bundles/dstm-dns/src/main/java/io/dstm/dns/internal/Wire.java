package io.dstm.dns.internal;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.ExtendedErrorCodeOption;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.Opcode;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.Type;

/** Reads and makes DNS messages. Every reader is total: what is no message is empty. */
final class Wire {

    private static final int HEADER = 12;
    private static final int EDNS_PAYLOAD = 1232;

    private Wire() {}

    /** The message in {@code octets}; empty if it is none. */
    static Optional<Message> parse(byte[] octets) {
        if (octets.length < HEADER) {
            return Optional.empty();
        }
        try {
            return Optional.of(new Message(octets));
        } catch (IOException | RuntimeException malformed) {
            // The parser reports some malformed records (RFC 1035 section 4.1) by runtime exceptions.
            return Optional.empty();
        }
    }

    /** Whether {@code message} is a query that can be forwarded: one question, opcode QUERY. */
    static boolean isPlainQuery(Message message) {
        return message.getHeader().getOpcode() == Opcode.QUERY
                && message.getHeader().getCount(Section.QUESTION) == 1;
    }

    static boolean isResponse(Message message) {
        return message.getHeader().getFlag(Flags.QR);
    }

    /** Whether {@code answer} answers {@code query}: same number, a response, the same question (RFC 5452 section 9.1). */
    static boolean answers(Message answer, Message query) {
        Record asked = query.getQuestion();
        Record echoed = answer.getQuestion();
        return isResponse(answer)
                && answer.getHeader().getID() == query.getHeader().getID()
                && asked != null
                && (asked.equals(echoed) || (echoed == null && answer.getRcode() == Rcode.FORMERR));
    }

    /** Whether programs will use the answer to send IPv4 packets that need the tunnel. */
    static boolean needsIpv4(Message answer) {
        if (answer.getRcode() != Rcode.NOERROR || answer.getHeader().getFlag(Flags.TC)) {
            return false;
        }
        return answer.getSection(Section.ANSWER).stream()
                .anyMatch(record -> record instanceof ARecord a && !staysOnNode(a.getAddress()));
    }

    private static boolean staysOnNode(InetAddress address) {
        return address.isLoopbackAddress() || address.isAnyLocalAddress() || address.isLinkLocalAddress();
    }

    static boolean asksForA(Message query) {
        Record question = query.getQuestion();
        return question != null && question.getType() == Type.A && question.getDClass() == DClass.IN;
    }

    static boolean hasIpv6(Message answer) {
        return answer.getSection(Section.ANSWER).stream().anyMatch(AAAARecord.class::isInstance);
    }

    /** The AAAA query for the name that {@code query} asks about. */
    static Message ipv6Query(Message query) {
        Record question = query.getQuestion();
        if (question == null) {
            throw new IllegalArgumentException("query without a question");
        }
        Message ipv6 = Message.newQuery(Record.newRecord(question.getName(), Type.AAAA, DClass.IN));
        if (query.getHeader().getFlag(Flags.CD)) {
            ipv6.getHeader().setFlag(Flags.CD);
        }
        return ipv6;
    }

    /** The same octets with another transaction number. */
    static byte[] withId(byte[] message, int id) {
        byte[] copy = message.clone();
        copy[0] = (byte) (id >>> 8);
        copy[1] = (byte) id;
        return copy;
    }

    /** An answer to {@code query} that says only {@code rcode}; {@code why} goes along for those who speak EDNS (RFC 8914). */
    static byte[] failure(Message query, int rcode, String why) {
        Header asked = query.getHeader();
        Message failure = new Message(asked.getID());
        Header header = failure.getHeader();
        header.setFlag(Flags.QR);
        header.setFlag(Flags.RA);
        header.setOpcode(asked.getOpcode());
        if (asked.getFlag(Flags.RD)) {
            header.setFlag(Flags.RD);
        }
        header.setRcode(rcode);
        Record question = query.getQuestion();
        if (question != null) {
            failure.addRecord(question, Section.QUESTION);
        }
        if (query.getOPT() != null) {
            failure.addRecord(
                    new OPTRecord(EDNS_PAYLOAD, 0, 0, 0, List.of(new ExtendedErrorCodeOption(0, why))),
                    Section.ADDITIONAL);
        }
        return failure.toWire();
    }
}
