package io.dstm.dhcpv6.internal.codec;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Between DHCPv4 messages and octets (RFC 2131 section 2). Options may go on in the fields for boot file and server name (RFC 2132
 * section 9.3), and come in pieces that belong together (RFC 3396). Written options stay in their field; what is longer than 255
 * octets is split.
 */
public final class Dhcp4Codec {

    private static final int SNAME = 44;
    private static final int SNAME_LENGTH = 64;
    private static final int FILE = SNAME + SNAME_LENGTH;
    private static final int FILE_LENGTH = 128;
    private static final int COOKIE = FILE + FILE_LENGTH;
    private static final int OPTIONS = COOKIE + 4;

    /** 99.130.83.99: what follows are options (RFC 2131 section 3). */
    private static final int MAGIC = 0x63825363;

    private static final int PAD = 0;
    private static final int OVERLOAD = 52;
    private static final int END = 255;
    private static final int LONGEST_PIECE = 255;

    private Dhcp4Codec() {}

    /** Reads a message. Total: whatever the octets are, the answer is a message or the reason why they are none. */
    public static Dhcp4Decoded decode(Octets octets) {
        try {
            return new Dhcp4Decoded.Good(read(octets.toBytes()));
        } catch (MalformedException malformed) {
            return new Dhcp4Decoded.Bad(malformed.error());
        }
    }

    private static Dhcp4Message read(byte[] bytes) throws MalformedException {
        FieldReader in = new FieldReader(bytes, 0, bytes.length, "RFC 2131 section 2");
        if (bytes.length < OPTIONS) {
            throw in.malformed("a DHCPv4 message of " + bytes.length + " octets");
        }
        int op = in.u8();
        int htype = in.u8();
        int hlen = in.u8();
        if (hlen > Dhcp4Message.CHADDR_LENGTH) {
            throw in.malformed("a hardware address of " + hlen + " octets");
        }
        return new Dhcp4Message(
                op,
                htype,
                hlen,
                in.u8(),
                in.s32(),
                in.u16(),
                in.u16(),
                in.ipv4(),
                in.ipv4(),
                in.ipv4(),
                in.ipv4(),
                Octets.ofRange(bytes, SNAME - Dhcp4Message.CHADDR_LENGTH, SNAME),
                options(bytes));
    }

    private static List<Dhcp4Option> options(byte[] bytes) throws MalformedException {
        FieldReader cookie = new FieldReader(bytes, COOKIE, OPTIONS, "RFC 2131 section 3");
        if (cookie.s32() != MAGIC) {
            throw cookie.malformed("no options");
        }
        Map<Integer, ByteArrayOutputStream> data = new LinkedHashMap<>();
        collect(bytes, OPTIONS, bytes.length, data);
        ByteArrayOutputStream overload = data.remove(OVERLOAD);
        if (overload != null) {
            int fields = fields(overload.toByteArray());
            // The order in which pieces are put together (RFC 3396 section 5).
            if ((fields & 1) != 0) {
                collect(bytes, FILE, FILE + FILE_LENGTH, data);
            }
            if ((fields & 2) != 0) {
                collect(bytes, SNAME, SNAME + SNAME_LENGTH, data);
            }
            data.remove(OVERLOAD);
        }
        List<Dhcp4Option> options = new ArrayList<>();
        for (Map.Entry<Integer, ByteArrayOutputStream> option : data.entrySet()) {
            options.add(Dhcp4Table.read(option.getKey(), option.getValue().toByteArray()));
        }
        return options;
    }

    private static int fields(byte[] overload) throws MalformedException {
        FieldReader in = new FieldReader(overload, 0, overload.length, "RFC 2132 section 9.3");
        int fields = overload.length == 1 ? in.u8() : 0;
        if (fields < 1 || fields > 3) {
            throw in.malformed("options go on in no such fields");
        }
        return fields;
    }

    /** Adds the options of a field to what there is of each. A field that ends without an end option is let be. */
    private static void collect(byte[] bytes, int start, int end, Map<Integer, ByteArrayOutputStream> data)
            throws MalformedException {
        FieldReader in = new FieldReader(bytes, start, end, "RFC 2132 section 2");
        while (in.remaining() > 0) {
            int code = in.u8();
            if (code == END) {
                return;
            }
            if (code == PAD) {
                continue;
            }
            int length = in.u8();
            if (length > in.remaining()) {
                throw in.malformed("DHCPv4 option " + code + " claims " + length + " octets where " + in.remaining()
                        + " are left");
            }
            data.computeIfAbsent(code, absent -> new ByteArrayOutputStream()).write(bytes, in.position, length);
            in.position += length;
        }
    }

    /**
     * Writes a message.
     *
     * @throws IllegalArgumentException if it does not fit into a datagram
     */
    public static Octets encode(Dhcp4Message message) {
        OctetWriter out = new OctetWriter();
        out.u8(message.op()).u8(message.htype()).u8(message.hlen()).u8(message.hops());
        out.u32(message.xid()).u16(message.secs()).u16(message.flags());
        out.u32(message.ciaddr().value()).u32(message.yiaddr().value());
        out.u32(message.siaddr().value()).u32(message.giaddr().value());
        out.octets(message.chaddr());
        out.octets(new byte[SNAME_LENGTH + FILE_LENGTH], SNAME_LENGTH + FILE_LENGTH);
        out.u32(MAGIC);
        for (Dhcp4Option option : message.options()) {
            write(out, Dhcp4Table.code(option), Dhcp4Table.data(option));
        }
        return Octets.of(out.u8(END).toBytes());
    }

    private static void write(OctetWriter out, int code, byte[] data) {
        int from = 0;
        do {
            int length = Math.min(LONGEST_PIECE, data.length - from);
            out.u8(code).u8(length).octets(Octets.ofRange(data, from, from + length));
            from += length;
        } while (from < data.length);
    }
}
