package io.dstm.tep.internal.rules;

import io.dstm.packet.Icmpv4;
import io.dstm.packet.Icmpv6;
import io.dstm.packet.InternetChecksum;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;

/** Makes ICMP messages around the packet they are about, where it lies: its headroom takes the new headers. */
final class Icmp {

    /** RFC 1812 section 4.3.2.3: an error quotes as much as fits into 576 bytes. */
    private static final int LONGEST_ICMPV4_ERROR = 576;
    /** RFC 4443 section 2.4 c: an error quotes as much as fits into the smallest IPv6 MTU. */
    private static final int LONGEST_ICMPV6_ERROR = 1280;

    private static final int TTL = 64;

    /** Code of ICMPv6 "time exceeded": fragment reassembly time exceeded. */
    private static final int REASSEMBLY = 1;

    private final Scene scene;
    private final Sender sender;

    Icmp(Scene scene, Sender sender) {
        this.scene = scene;
        this.sender = sender;
    }

    /**
     * Sends an ICMPv4 error about the packet at {@code header} to its source, if policy, rate and RFC 1812 section 4.3.2.7 allow.
     *
     * @param length bytes of the packet that are there, header included
     * @param rest the second word of the ICMP header
     * @param slot the binding of the source if it is a client, else {@link TableView#NONE}
     */
    boolean sendError(int header, int length, int type, int code, int rest, int slot) {
        ByteBuffer bytes = scene.bytes;
        if (!mayBeAnswered(header, length)) {
            return false;
        }
        if (!scene.settings().icmpv4Errors()) {
            scene.counts.add(Outcome.WITHHELD_BY_POLICY_ICMPV4, length);
            return false;
        }
        if (!scene.limits().icmpv4Errors().tryTake(scene.nanos)) {
            scene.counts.add(Outcome.WITHHELD_BY_RATE_ICMPV4, length);
            return false;
        }
        int headers = Ipv4Header.LENGTH + Icmpv4.LENGTH;
        int quote = Math.min(length, LONGEST_ICMPV4_ERROR - headers);
        int destination = Ipv4Header.source(bytes, header);
        int start = header - headers;
        int total = headers + quote;
        Icmpv4.write(bytes, header - Icmpv4.LENGTH, type, code, rest, Icmpv4.LENGTH + quote);
        Ipv4Header.write(
                bytes,
                start,
                0,
                total,
                scene.ids.next(),
                TTL,
                IpProtocol.ICMP,
                scene.settings().ipv4Address().value(),
                destination);
        boolean sent = slot == TableView.NONE ? scene.sendIpv4(start, total) : sender.toClient(start, total, slot);
        if (sent) {
            scene.counts.add(Outcome.OUT_ERROR_ICMPV4, total);
        }
        return sent;
    }

    /** No error about an ICMP error, a later fragment, or a packet from or to an address that is not one host's. */
    private boolean mayBeAnswered(int header, int length) {
        ByteBuffer bytes = scene.bytes;
        if (Ipv4Header.fragmentOffset(bytes, header) != 0
                || Martians.isIpv4(Ipv4Header.source(bytes, header))
                || Martians.isIpv4(Ipv4Header.destination(bytes, header))) {
            return false;
        }
        if (Ipv4Header.protocol(bytes, header) != IpProtocol.ICMP) {
            return true;
        }
        int headerLength = Ipv4Header.headerLength(bytes, header);
        return length > headerLength && !Icmpv4.isError(Icmpv4.type(bytes, header + headerLength));
    }

    /**
     * Tells the sender of the IPv6 packet at {@code header} that its inner source is not its own: ICMPv6 1/5 (RFC 7596 section
     * 6.2), if policy and rate allow. Its outer source is unicast and its outer destination a tunnel address of ours.
     */
    void refuseSource(int header, int length) {
        sendIpv6Error(header, length, Icmpv6.UNREACHABLE, Icmpv6.SOURCE_POLICY);
    }

    private void sendIpv6Error(int header, int length, int type, int code) {
        sendIpv6Error(header, length, type, code, 0);
    }

    /**
     * Tells a client what is wrong with one of its fragments, where RFC 8200 section 4.5 asks for it.
     *
     * @param code {@link Icmpv6#ERRONEOUS_FIELD} or {@link Icmpv6#INCOMPLETE_HEADERS}
     * @param pointer offset in the fragment of the field that is wrong
     */
    void parameterProblem(int header, int length, int code, int pointer) {
        sendIpv6Error(header, length, Icmpv6.PARAMETER_PROBLEM, code, pointer);
    }

    private void sendIpv6Error(int header, int length, int type, int code, int rest) {
        ByteBuffer bytes = scene.bytes;
        if (!scene.settings().icmpv6Errors()) {
            scene.counts.add(Outcome.WITHHELD_BY_POLICY_ICMPV6, length);
            return;
        }
        if (!scene.limits().icmpv6Errors().tryTake(scene.nanos)) {
            scene.counts.add(Outcome.WITHHELD_BY_RATE_ICMPV6, length);
            return;
        }
        int headers = Ipv6Header.LENGTH + Icmpv6.LENGTH;
        int quote = Math.min(length, LONGEST_ICMPV6_ERROR - headers);
        int start = header - headers;
        Ipv6Header.writeFields(bytes, start, 0, Icmpv6.LENGTH + quote, IpProtocol.ICMPV6, TTL);
        answerFrom(header, start);
        Icmpv6.write(bytes, start, header - Icmpv6.LENGTH, type, code, rest, Icmpv6.LENGTH + quote);
        if (scene.sendIpv6(start, headers + quote)) {
            scene.counts.add(Outcome.OUT_ERROR_ICMPV6, headers + quote);
        }
    }

    /** Tells a client that some of a packet's fragments did not come: ICMPv6 3/1 about its first one, {@code length} bytes long. */
    void reassemblyTimeExceeded(int header, int length) {
        sendIpv6Error(header, length, Icmpv6.TIME_EXCEEDED, REASSEMBLY);
    }

    /**
     * Answers an echo request to the TEP's IPv4 address; other packets to it are dropped.
     *
     * @param slot the binding of the source if it is a client, else {@link TableView#NONE}
     */
    Outcome toTep(int header, int length, int slot) {
        ByteBuffer bytes = scene.bytes;
        int message = header + Ipv4Header.headerLength(bytes, header);
        int messageLength = header + length - message;
        if (Ipv4Header.protocol(bytes, header) != IpProtocol.ICMP || Ipv4Header.isFragment(bytes, header)) {
            return Outcome.DROP_TO_TEP_IPV4;
        }
        if (messageLength < Icmpv4.LENGTH) {
            return Outcome.DROP_MALFORMED_ICMPV4;
        }
        if (!InternetChecksum.isSound(bytes, message, messageLength)) {
            return Outcome.DROP_BAD_CHECKSUM_ICMPV4;
        }
        if (Icmpv4.type(bytes, message) != Icmpv4.ECHO_REQUEST) {
            return Outcome.DROP_TO_TEP_IPV4;
        }
        int requested = bytes.getShort(message);
        bytes.put(message, (byte) Icmpv4.ECHO_REPLY);
        bytes.putShort(message + 2, (short)
                InternetChecksum.update16(bytes.getShort(message + 2), requested, bytes.getShort(message)));
        // The answer goes without the request's options, so its header ends where the request's ended.
        int start = message - Ipv4Header.LENGTH;
        int asker = Ipv4Header.source(bytes, header);
        int own = Ipv4Header.destination(bytes, header);
        int tos = Ipv4Header.tos(bytes, header);
        int total = Ipv4Header.LENGTH + messageLength;
        Ipv4Header.write(bytes, start, tos, total, scene.ids.next(), TTL, IpProtocol.ICMP, own, asker);
        boolean sent = slot == TableView.NONE ? sender.toIpv4Side(start, total) : sender.toClient(start, total, slot);
        return sent ? Outcome.ANSWER_ECHO_ICMPV4 : Outcome.DROP_NO_ROOM_IP;
    }

    /** Answers the echo request at {@code message}, {@code length} bytes long, behind the IPv6 header at {@code header}. */
    Outcome answerEchoIpv6(int header, int message, int length) {
        ByteBuffer bytes = scene.bytes;
        if (Ipv6Header.LENGTH + length > scene.settings().tunnelMtu()) {
            return Outcome.DROP_TOO_BIG_ICMPV6;
        }
        int trafficClass = Ipv6Header.trafficClass(bytes, header);
        // Extension headers of the request are left behind.
        int start = message - Ipv6Header.LENGTH;
        answerFrom(header, start);
        Ipv6Header.writeFields(bytes, start, trafficClass, length, IpProtocol.ICMPV6, TTL);
        int requested = bytes.getShort(message);
        bytes.put(message, (byte) Icmpv6.ECHO_REPLY);
        // Source and destination have changed places, which leaves the pseudo-header's sum as it was.
        bytes.putShort(message + 2, (short)
                InternetChecksum.update16(bytes.getShort(message + 2), requested, bytes.getShort(message)));
        return scene.sendIpv6(start, Ipv6Header.LENGTH + length) ? Outcome.ANSWER_ECHO_ICMPV6 : Outcome.DROP_NO_ROOM_IP;
    }

    /** Writes the addresses of an answer at {@code answer} to the packet at {@code header}, which may be the same place. */
    private void answerFrom(int header, int answer) {
        ByteBuffer bytes = scene.bytes;
        long askerHigh = Ipv6Header.sourceHigh(bytes, header);
        long askerLow = Ipv6Header.sourceLow(bytes, header);
        long ownHigh = Ipv6Header.destinationHigh(bytes, header);
        long ownLow = Ipv6Header.destinationLow(bytes, header);
        Ipv6Header.writeSource(bytes, answer, ownHigh, ownLow);
        Ipv6Header.writeDestination(bytes, answer, askerHigh, askerLow);
    }
}
