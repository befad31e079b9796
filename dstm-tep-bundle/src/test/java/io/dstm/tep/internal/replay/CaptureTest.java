package io.dstm.tep.internal.replay;

import static io.dstm.tep.internal.replay.Bytes.block;
import static io.dstm.tep.internal.replay.Bytes.description;
import static io.dstm.tep.internal.replay.Bytes.enhanced;
import static io.dstm.tep.internal.replay.Bytes.file;
import static io.dstm.tep.internal.replay.Bytes.hex;
import static io.dstm.tep.internal.replay.Bytes.join;
import static io.dstm.tep.internal.replay.Bytes.option;
import static io.dstm.tep.internal.replay.Bytes.packets;
import static io.dstm.tep.internal.replay.Bytes.pcapHeader;
import static io.dstm.tep.internal.replay.Bytes.record;
import static io.dstm.tep.internal.replay.Bytes.section;
import static java.nio.ByteOrder.BIG_ENDIAN;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.tep.internal.replay.Bytes.Packet;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureTest {

    /** The smallest IPv4 packet: a header of protocol 255. */
    private static final byte[] IPV4 = hex("45 00 0014 0001 0000 40 ff 76e6 c0000201 cb007107");

    private static final byte[] IPV6 =
            hex("60000000 0000 3b 40 20010db8000000000000000000000001 20010db8000000000000000000000002");

    private static final long NANOS = 1_700_000_001L * 1_000_000_000L;
    private static final byte[] MACS = hex("020000000001 020000000002");

    @TempDir
    Path directory;

    static Stream<Arguments> hand_made_files() {
        return Stream.of(
                Arguments.of("pcap, little-endian, microseconds", """
                        d4c3b2a1 0200 0400 00000000 00000000 00000400 65000000
                        01f15365 07000000 14000000 14000000  # 1700000001.000007
                        """, 7_000),
                Arguments.of("pcap, big-endian, microseconds", """
                        a1b2c3d4 0002 0004 00000000 00000000 00040000 00000065
                        6553f101 00000007 00000014 00000014
                        """, 7_000),
                Arguments.of("pcap, little-endian, nanoseconds", """
                        4d3cb2a1 0200 0400 00000000 00000000 00000400 65000000
                        01f15365 07000000 14000000 14000000
                        """, 7),
                Arguments.of("pcap, big-endian, nanoseconds", """
                        a1b23c4d 0002 0004 00000000 00000000 00040000 00000065
                        6553f101 00000007 00000014 00000014
                        """, 7),
                Arguments.of("pcapng, little-endian, microseconds unless told otherwise", """
                        0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
                        01000000 14000000 6500 0000 00000000 14000000
                        # 1700000001000007 = 0x60a24182d8247
                        06000000 34000000 00000000 240a0600 47822d18 14000000 14000000
                        """, 7_000),
                Arguments.of("pcapng, big-endian, nanoseconds, a name and an end of options", """
                        0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
                        00000001 00000028 0065 0000 00040000
                            0002 0004 65746830                # if_name eth0
                            0009 0001 09000000                # if_tsresol 10^-9
                            0000 0000
                        00000028
                        # 1700000001000000007 = 0x17979cfe71c4ca07
                        00000006 00000034 00000000 17979cfe 71c4ca07 00000014 00000014
                        """, 7));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("hand_made_files")
    void reads_files_made_by_hand(String name, String head, int fraction) throws Exception {
        byte[] bytes = join(hex(head), IPV4);
        if (name.startsWith("pcapng")) {
            bytes = join(bytes, name.contains("little") ? hex("34000000") : hex("00000034"));
        }

        assertThat(packets(file(directory, "capture", bytes))).containsExactly(Packet.of(NANOS + fraction, IPV4));
    }

    static Stream<Arguments> frames() {
        return Stream.of(
                Arguments.of("Ethernet", 1, join(MACS, hex("0800"), IPV4), IPV4),
                Arguments.of("Ethernet, IPv6", 1, join(MACS, hex("86dd"), IPV6), IPV6),
                Arguments.of("one VLAN tag", 1, join(MACS, hex("8100 0005 86dd"), IPV6), IPV6),
                Arguments.of("two VLAN tags", 1, join(MACS, hex("88a8 0005 8100 0006 0800"), IPV4), IPV4),
                Arguments.of("two VLAN tags, old style", 1, join(MACS, hex("9100 0005 8100 0006 0800"), IPV4), IPV4),
                Arguments.of("Ethernet with padding", 1, join(MACS, hex("0800"), IPV4, new byte[26]), IPV4),
                Arguments.of(
                        "Ethernet with check sequence",
                        0x14000001,
                        join(MACS, hex("0800"), IPV4, hex("deadbeef")),
                        IPV4),
                Arguments.of("raw IP", 101, IPV4, IPV4),
                Arguments.of("raw IP, IPv6", 101, IPV6, IPV6),
                Arguments.of("raw IP under another number", 12, IPV6, IPV6),
                Arguments.of("raw IPv4", 228, IPV4, IPV4),
                Arguments.of("raw IPv6", 229, IPV6, IPV6),
                Arguments.of("Linux cooked", 113, join(hex("0000 0001 0006 0200000000010000 0800"), IPV4), IPV4),
                Arguments.of(
                        "Linux cooked, VLAN tag",
                        113,
                        join(hex("0000 0001 0006 0200000000010000 8100 0005 86dd"), IPV6),
                        IPV6),
                Arguments.of(
                        "Linux cooked 2",
                        276,
                        join(hex("86dd 0000 00000002 0001 00 06 0200000000010000"), IPV6),
                        IPV6));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("frames")
    void finds_the_packet_in_a_frame(String name, int linkType, byte[] frame, byte[] packet) throws Exception {
        byte[] bytes = join(pcapHeader(BIG_ENDIAN, true, linkType), record(BIG_ENDIAN, 1_700_000_001, 0, frame));

        assertThat(packets(file(directory, "capture", bytes))).containsExactly(Packet.of(NANOS, packet));
    }

    static Stream<Arguments> frames_without_ip() {
        return Stream.of(
                Arguments.of("ARP", 1, join(MACS, hex("0806"), new byte[46])),
                Arguments.of("802.3 with a length", 1, join(MACS, hex("0026 4242 03"), new byte[35])),
                Arguments.of("three tags", 1, join(MACS, hex("8100 0001 8100 0002 8100 0003 0800"), IPV4)),
                Arguments.of("nothing behind the tag", 1, join(MACS, hex("8100 0001"))),
                Arguments.of("a frame of 13 bytes", 1, new byte[13]),
                Arguments.of("an empty frame", 1, new byte[0]),
                Arguments.of("cooked ARP", 113, join(hex("0000 0001 0006 0200000000010000 0806"), new byte[28])),
                Arguments.of("cooked 2, too short", 276, hex("0800 0000 00000002 0001 00 06 02000000000100")));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("frames_without_ip")
    void skips_and_counts_what_is_not_ip(String name, int linkType, byte[] frame) throws Exception {
        Path file = file(
                directory,
                "capture",
                pcapHeader(LITTLE_ENDIAN, false, linkType),
                record(LITTLE_ENDIAN, 1, 0, frame),
                record(LITTLE_ENDIAN, 2, 0, frame));

        try (Capture capture = new Capture(file)) {
            assertThat(capture.hasPacket()).isFalse();
            assertThat(capture.notIp()).isEqualTo(2);
            assertThat(capture.packets()).isZero();
        }
    }

    @Test
    void gives_odd_packets_to_the_rules_as_they_are() throws Exception {
        byte[] tooLong = IPV4.clone();
        tooLong[3] = 0x15;
        byte[] noLength = IPV4.clone();
        noLength[3] = 0;
        byte[] file = pcapHeader(LITTLE_ENDIAN, false, 101);
        for (byte[] odd : new byte[][] {tooLong, noLength, new byte[0], {0x45}, {0x60, 0}, {0x12, 3, 4}}) {
            file = join(file, record(LITTLE_ENDIAN, 0, 0, odd));
        }

        assertThat(packets(file(directory, "capture", file)).stream().map(Packet::hex))
                .containsExactly(
                        "4500001500010000" + "40ff76e6c0000201cb007107",
                        "4500000000010000" + "40ff76e6c0000201cb007107",
                        "",
                        "45",
                        "6000",
                        "120304");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 19})
    void counts_packets_that_the_capture_cut_short(int captured) throws Exception {
        Path file = file(
                directory,
                "capture",
                pcapHeader(LITTLE_ENDIAN, false, 101),
                record(LITTLE_ENDIAN, 0, 0, Arrays.copyOf(IPV4, captured), 20),
                record(LITTLE_ENDIAN, 0, 0, Arrays.copyOf(IPV6, captured), 40),
                // Only the padding is missing.
                record(LITTLE_ENDIAN, 0, 0, IPV4, 46));

        try (Capture capture = new Capture(file)) {
            assertThat(capture.hasPacket()).isTrue();
            assertThat(capture.cutShort()).isEqualTo(2);
            capture.advance();
            assertThat(capture.hasPacket()).isFalse();
            assertThat(capture.packets()).isEqualTo(1);
        }
    }

    static Stream<Arguments> clocks() {
        return Stream.of(
                Arguments.of("milliseconds", 3, 1_700_000_001_007L, 0, NANOS + 7_000_000),
                Arguments.of("seconds", 0, 1_700_000_001L, 0, NANOS),
                Arguments.of("picoseconds", 12, 1_700_001_007_999L, 0, 1_700_001_007L),
                Arguments.of("binary, 2^-20", 0x94, (1_700_000_001L << 20) + (1 << 19), 0, NANOS + 500_000_000),
                Arguments.of("binary, 2^-40", 0xA8, (1_001L << 40) + (1L << 38), 0, 1_001_250_000_000L),
                Arguments.of("offset", 6, 1_000_000L, 1_700_000_000, NANOS),
                Arguments.of("negative offset", 6, 1_700_000_002_000_000L, -1, NANOS),
                Arguments.of("before 1970", 6, 1_000_000L, -5, 0),
                Arguments.of("beyond 2106", 0, -1L, 5, 0xFFFF_FFFEL * 1_000_000_000L));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("clocks")
    void reads_the_clock_of_each_interface(String name, int resolution, long stamp, int offset, long nanos)
            throws Exception {
        byte[] seconds = ByteBuffer.allocate(8).putLong(offset).array();
        Path file = file(
                directory,
                "capture",
                section(BIG_ENDIAN),
                description(BIG_ENDIAN, 1, 0),
                description(
                        BIG_ENDIAN,
                        101,
                        0,
                        option(BIG_ENDIAN, 9, new byte[] {(byte) resolution}),
                        option(BIG_ENDIAN, 2988, "something of our own".getBytes("UTF-8")),
                        option(BIG_ENDIAN, 14, seconds)),
                enhanced(BIG_ENDIAN, 1, stamp, IPV4));

        assertThat(packets(file)).containsExactly(Packet.of(nanos, IPV4));
    }

    @Test
    void reads_every_kind_of_packet_block_and_skips_what_is_none() throws Exception {
        byte[] simple = ByteBuffer.allocate(4).order(LITTLE_ENDIAN).putInt(20).array();
        byte[] obsolete = ByteBuffer.allocate(20)
                .order(LITTLE_ENDIAN)
                .putShort((short) 0)
                .putShort((short) 9)
                .putInt(0)
                .putInt(3)
                .putInt(40)
                .putInt(40)
                .array();
        Path file = file(
                directory,
                "capture",
                section(LITTLE_ENDIAN),
                description(LITTLE_ENDIAN, 101, 0),
                block(LITTLE_ENDIAN, 5, new byte[100]),
                enhanced(LITTLE_ENDIAN, 0, 2, join(IPV4, new byte[] {1})),
                block(LITTLE_ENDIAN, 3, simple, IPV4),
                block(LITTLE_ENDIAN, 0x0BAD),
                block(LITTLE_ENDIAN, 2, obsolete, IPV6));

        assertThat(packets(file))
                .containsExactly(Packet.of(2_000, IPV4), Packet.of(2_000, IPV4), Packet.of(3_000, IPV6));
    }

    @Test
    void a_simple_packet_is_as_long_as_the_snap_length_lets_it() throws Exception {
        byte[] wire = ByteBuffer.allocate(4).order(LITTLE_ENDIAN).putInt(1500).array();
        Path file = file(
                directory,
                "capture",
                section(LITTLE_ENDIAN),
                description(LITTLE_ENDIAN, 101, 20),
                block(LITTLE_ENDIAN, 3, wire, IPV4));

        assertThat(packets(file)).containsExactly(Packet.of(0, IPV4));
    }

    @Test
    void a_section_has_its_own_byte_order_and_interfaces() throws Exception {
        Path file = file(
                directory,
                "capture",
                section(LITTLE_ENDIAN),
                description(LITTLE_ENDIAN, 101, 0),
                enhanced(LITTLE_ENDIAN, 0, 1, IPV4),
                section(BIG_ENDIAN),
                description(BIG_ENDIAN, 1, 0),
                enhanced(BIG_ENDIAN, 0, 2, join(MACS, hex("86dd"), IPV6)),
                section(LITTLE_ENDIAN),
                description(LITTLE_ENDIAN, 229, 0),
                enhanced(LITTLE_ENDIAN, 0, 3, IPV6));

        assertThat(packets(file))
                .containsExactly(Packet.of(1_000, IPV4), Packet.of(2_000, IPV6), Packet.of(3_000, IPV6));
    }

    static Stream<Arguments> bad_files() {
        ByteOrder order = LITTLE_ENDIAN;
        byte[] pcap = pcapHeader(order, false, 101);
        byte[] head = join(section(order), description(order, 101, 0));
        byte[] good = enhanced(order, 0, 1, IPV4);
        byte[] oddEnd = good.clone();
        oddEnd[oddEnd.length - 4]++;
        byte[] version3 = pcap.clone();
        version3[4] = 3;
        byte[] version2 = section(order);
        version2[12] = 2;
        byte[] noMagic = section(order);
        noMagic[8] = 0;
        byte[] longer = good.clone();
        longer[20] = 21;
        byte[] odd = good.clone();
        odd[4]++;
        return Stream.of(
                Arguments.of("is empty", new byte[0]),
                Arguments.of("is neither a pcap nor a pcapng", "# not a capture".getBytes()),
                Arguments.of("is truncated", hex("d4c3")),
                Arguments.of("is compressed", hex("1f8b0800")),
                Arguments.of("is truncated: it ends within what begins at byte 0", Arrays.copyOf(pcap, 23)),
                Arguments.of("is pcap of version 3", version3),
                Arguments.of("link type 127", pcapHeader(order, false, 127)),
                Arguments.of(
                        "is truncated: it ends within what begins at byte 24",
                        join(pcap, Arrays.copyOf(record(order, 0, 0, IPV4), 15))),
                Arguments.of(
                        "is truncated: it ends within what begins at byte 60",
                        join(pcap, record(order, 0, 0, IPV4), Arrays.copyOf(record(order, 0, 0, IPV4), 35))),
                Arguments.of(
                        "malformed at byte 24: a frame of 262145 bytes",
                        join(pcap, record(order, 0, 0, new byte[262145]))),
                Arguments.of("malformed at byte 24", join(pcap, hex("00000000 00000000 ffffffff ffffffff"))),
                Arguments.of("without a byte-order magic", noMagic),
                Arguments.of("is pcapng of version 2", version2),
                Arguments.of("is truncated", Arrays.copyOf(head, 50)),
                Arguments.of("a packet of interface 1", join(head, enhanced(order, 1, 1, IPV4))),
                Arguments.of("a packet of interface 0", join(head, section(order), good)),
                Arguments.of("begins with length 52 and ends with 53", join(head, oddEnd)),
                Arguments.of("a packet of 21 bytes in a block of 52", join(head, longer)),
                Arguments.of("a block of 53 bytes", join(head, odd)),
                Arguments.of("a block of 8 bytes", join(head, hex("06000000 08000000"))),
                Arguments.of(
                        "too short for what is in it",
                        join(section(order), description(order, 101, 0, hex("0200 4000")))),
                Arguments.of("link type 147", join(head, description(order, 147, 0), enhanced(order, 1, 1, IPV4))),
                Arguments.of(
                        "finer than a computer can count",
                        join(section(order), description(order, 101, 0, option(order, 9, new byte[] {19})))),
                Arguments.of(
                        "geological age",
                        join(section(order), description(order, 101, 0, option(order, 14, hex("ffffffffffffff7f"))))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("bad_files")
    void says_what_is_wrong_with_a_file(String reason, byte[] bytes) {
        Path file = file(directory, "bad.pcap", bytes);

        assertThatThrownBy(() -> packets(file))
                .isInstanceOf(ReplayException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(reason);
    }

    @Test
    void an_interface_of_unknown_kind_matters_only_when_it_has_packets() throws Exception {
        Path file = file(
                directory,
                "capture",
                section(LITTLE_ENDIAN),
                description(LITTLE_ENDIAN, 147, 0),
                description(LITTLE_ENDIAN, 101, 0),
                enhanced(LITTLE_ENDIAN, 1, 1, IPV4));

        assertThat(packets(file)).hasSize(1);
    }

    @Test
    void a_file_that_is_not_there_or_a_directory_is_named() {
        assertThatThrownBy(() -> packets(directory.resolve("nothing.pcap")))
                .hasMessage("cannot read " + directory.resolve("nothing.pcap") + ": no such file or directory");
        assertThatThrownBy(() -> packets(directory)).hasMessage("cannot read " + directory + ": it is a directory");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void a_capture_cut_anywhere_is_truncated_or_ends_between_records(boolean classic) throws Exception {
        byte[] whole = classic
                ? join(
                        pcapHeader(LITTLE_ENDIAN, false, 101),
                        record(LITTLE_ENDIAN, 0, 0, IPV4),
                        record(LITTLE_ENDIAN, 0, 0, IPV6))
                : join(
                        section(BIG_ENDIAN),
                        description(BIG_ENDIAN, 101, 0, option(BIG_ENDIAN, 9, new byte[] {6})),
                        enhanced(BIG_ENDIAN, 0, 1, IPV4),
                        enhanced(BIG_ENDIAN, 0, 2, IPV6));
        int complete = 0;
        for (int length = 1; length <= whole.length; length++) {
            Path file = file(directory, "cut", Arrays.copyOf(whole, length));
            try {
                assertThat(packets(file)).hasSizeLessThan(3);
                complete++;
            } catch (ReplayException truncated) {
                assertThat(truncated).hasMessageContaining("is truncated");
            }
        }
        assertThat(complete).as("ends of header, interface and records").isEqualTo(classic ? 3 : 4);
    }
}
