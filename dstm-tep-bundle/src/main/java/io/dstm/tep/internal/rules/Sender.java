package io.dstm.tep.internal.rules;

import io.dstm.packet.FragmentHeader;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import io.dstm.packet.Ipv6Header;
import io.dstm.tep.internal.table.TableView;
import java.nio.ByteBuffer;

/** Sends packets where they lie: into the tunnel (RFC 2473), or out to the IPv4 side; in fragments if they do not fit. */
final class Sender {

    /** A packet of 65535 bytes in the smallest fragments: 48 bytes on an IPv4 link of 68. */
    private static final int MOST_FRAGMENTS = 65535 / 8 / 6 + 1;

    /** High bit of an option's type: to be copied into every fragment (RFC 791 section 3.1). */
    private static final int COPIED = 0x80;

    private final Scene scene;
    private final int[] starts = new int[MOST_FRAGMENTS];
    private final int[] lengths = new int[MOST_FRAGMENTS];

    Sender(Scene scene) {
        this.scene = scene;
    }

    /** Encapsulates the packet at {@code header} for a binding, copying the traffic class; the ECN field too in normal mode (RFC 6040 4.1). */
    boolean toClient(int header, int length, int slot) {
        ByteBuffer bytes = scene.bytes;
        int tos = Ipv4Header.tos(bytes, header) & scene.outerMask;
        if (length > scene.alwaysFits && length + Ipv6Header.LENGTH > scene.mtuTo(slot)) {
            return inFragments(header, length, tos, scene.mtuTo(slot), slot);
        }
        int start = header - Ipv6Header.LENGTH;
        Ipv6Header.writeFields(bytes, start, tos, length, IpProtocol.IPV4, scene.hopLimit);
        writeAddresses(start, slot);
        return scene.sendIpv6(start, length + Ipv6Header.LENGTH);
    }

    /**
     * Has the TCP hosts at both ends agree on segments that fit the tunnel, where they begin to talk. A path that is known to be
     * narrower than the tunnel is taken to be so both ways, since only the way down is known here.
     *
     * @param client the binding of a client that talks
     * @param another that of the other end if it is a client as well, else {@link TableView#NONE}
     */
    void clampMss(int header, int length, int client, int another) {
        ByteBuffer bytes = scene.bytes;
        if (Ipv4Header.protocol(bytes, header) == IpProtocol.TCP
                && scene.tcpMss != 0
                && !Ipv4Header.isFragment(bytes, header)) {
            int headerLength = Ipv4Header.headerLength(bytes, header);
            int segment = length - headerLength;
            if (Mss.isSyn(bytes, header + headerLength, segment)
                    && Mss.clamp(bytes, header + headerLength, segment, scene.mssTo(client, another))) {
                scene.counts.add(Outcome.NOTED_CLAMPED_MSS_IPV4, length);
            }
        }
    }

    private void writeAddresses(int start, int slot) {
        TableView view = scene.table();
        Ipv6Header.writeSource(scene.bytes, start, view.tunnelHigh(slot), view.tunnelLow(slot));
        Ipv6Header.writeDestination(scene.bytes, start, view.sourceHigh(slot), view.sourceLow(slot));
    }

    /** RFC 2473 section 7.2 b, RFC 6333 section 6.3: the IPv6 packet is fragmented, never the IPv4 packet in it. */
    private boolean inFragments(int header, int length, int tos, int mtu, int slot) {
        ByteBuffer bytes = scene.bytes;
        int headers = Ipv6Header.LENGTH + FragmentHeader.LENGTH;
        int part = (mtu - headers) & ~7;
        int count = (length + part - 1) / part;
        int id = scene.ids.next();
        if (scene.output().toIpv6().capacity() - scene.output().toIpv6().count() < count) {
            return false;
        }
        // The first fragment is made last, where the packet lies, since its headers need no copy but the others' data
        // does.
        for (int i = count - 1; i >= 0; i--) {
            int offset = i * part;
            int payload = Math.min(part, length - offset);
            int start = i == 0 ? header - headers : scene.room(headers + payload);
            if (i != 0) {
                if (start < 0) {
                    return false;
                }
                bytes.put(start + headers, bytes, header + offset, payload);
            }
            int fragment = start + Ipv6Header.LENGTH;
            Ipv6Header.writeFields(
                    bytes, start, tos, payload + FragmentHeader.LENGTH, IpProtocol.FRAGMENT, scene.hopLimit);
            writeAddresses(start, slot);
            FragmentHeader.write(bytes, fragment, IpProtocol.IPV4, offset, i != count - 1, id);
            starts[i] = start;
            lengths[i] = headers + payload;
        }
        for (int i = 0; i < count; i++) {
            scene.counts.add(Outcome.OUT_FRAGMENT_IPV6, lengths[i]);
            scene.sendIpv6(starts[i], lengths[i]);
        }
        return true;
    }

    /** Sends a TCP packet that was joined from several in segments of up to {@code longest} bytes; all or none. */
    boolean inSegments(int header, int length, int headers, int longest, int slot) {
        ByteBuffer bytes = scene.bytes;
        int part = longest - headers;
        int count = (length - headers + part - 1) / part;
        if (scene.output().toIpv6().capacity() - scene.output().toIpv6().count() < count) {
            return false;
        }
        // As with fragments, the first one is made last.
        for (int i = count - 1; i >= 0; i--) {
            int offset = i * part;
            int data = Math.min(part, length - headers - offset);
            int start = header;
            if (i != 0) {
                int room = scene.room(Ipv6Header.LENGTH + headers + data);
                if (room < 0) {
                    return false;
                }
                start = room + Ipv6Header.LENGTH;
                bytes.put(start, bytes, header, headers);
                bytes.put(start + headers, bytes, header + headers + offset, data);
            }
            Segments.write(bytes, start, offset, data, i, i == count - 1);
            starts[i] = start;
            lengths[i] = headers + data;
        }
        for (int i = 0; i < count; i++) {
            toClient(starts[i], lengths[i], slot);
        }
        return true;
    }

    /** Sends an IPv4 packet that fits, or may be fragmented, to the IPv4 side. */
    boolean toIpv4Side(int header, int length) {
        int mtu = scene.settings().ipv4Mtu();
        return length <= mtu ? scene.sendIpv4(header, length) : inIpv4Fragments(header, length, mtu);
    }

    /** RFC 791 section 3.2. A packet that is a fragment itself is cut further. */
    private boolean inIpv4Fragments(int header, int length, int mtu) {
        ByteBuffer bytes = scene.bytes;
        int headerLength = Ipv4Header.headerLength(bytes, header);
        int data = length - headerLength;
        int part = (mtu - headerLength) & ~7;
        if (part < 8) {
            return false;
        }
        int count = (data + part - 1) / part;
        int before = Ipv4Header.fragmentOffset(bytes, header);
        boolean last = !Ipv4Header.moreFragments(bytes, header);
        if (count > MOST_FRAGMENTS
                || scene.output().toIpv4().capacity() - scene.output().toIpv4().count() < count) {
            return false;
        }
        for (int i = count - 1; i >= 0; i--) {
            int offset = i * part;
            int payload = Math.min(part, data - offset);
            int start = i == 0 ? header : scene.room(headerLength + payload);
            if (start < 0) {
                return false;
            }
            if (i != 0) {
                bytes.put(start, bytes, header, headerLength);
                dropUncopiedOptions(start, headerLength);
                bytes.put(start + headerLength, bytes, header + headerLength + offset, payload);
            }
            Ipv4Header.changeFragment(bytes, start, headerLength + payload, before + offset, i != count - 1 || !last);
            starts[i] = start;
            lengths[i] = headerLength + payload;
        }
        for (int i = 0; i < count; i++) {
            scene.counts.add(Outcome.OUT_FRAGMENT_IPV4, lengths[i]);
            scene.sendIpv4(starts[i], lengths[i]);
        }
        return true;
    }

    /** Overwrites options that belong in the first fragment only with No Operation. */
    private void dropUncopiedOptions(int header, int headerLength) {
        ByteBuffer bytes = scene.bytes;
        int at = header + Ipv4Header.LENGTH;
        int end = header + headerLength;
        while (at < end) {
            int type = bytes.get(at) & 0xFF;
            int length = type <= 1 || at + 1 == end ? 1 : Math.max(1, bytes.get(at + 1) & 0xFF);
            int next = Math.min(end, at + length);
            if (type == 0) {
                return;
            }
            if ((type & COPIED) == 0) {
                while (at < next) {
                    bytes.put(at++, (byte) 1);
                }
            }
            at = next;
        }
    }
}
