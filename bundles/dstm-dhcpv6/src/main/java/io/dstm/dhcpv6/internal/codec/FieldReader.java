package io.dstm.dhcpv6.internal.codec;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** A window on octets that is read from its front. Reading beyond its end throws {@link MalformedException} and nothing else. */
class FieldReader {

    final byte[] bytes;
    final int end;
    String section;
    int position;

    FieldReader(byte[] bytes, int start, int end, String section) {
        this.bytes = bytes;
        this.position = start;
        this.end = end;
        this.section = section;
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

    long s64() throws MalformedException {
        need(8);
        return u32() << 32 | u32();
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

    MalformedException malformed(String reason) {
        return malformed(DecodeError.Kind.VALUE, section, reason);
    }

    final MalformedException malformed(DecodeError.Kind kind, String where, String reason) {
        return new MalformedException(new DecodeError(kind, where, reason, position));
    }

    private void need(int count) throws MalformedException {
        if (remaining() < count) {
            throw malformed(
                    DecodeError.Kind.TRUNCATED, section, "the message ends within a field of " + count + " octets");
        }
    }
}
