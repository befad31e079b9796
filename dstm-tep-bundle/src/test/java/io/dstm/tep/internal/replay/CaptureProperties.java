package io.dstm.tep.internal.replay;

import static io.dstm.tep.internal.replay.Bytes.description;
import static io.dstm.tep.internal.replay.Bytes.enhanced;
import static io.dstm.tep.internal.replay.Bytes.join;
import static io.dstm.tep.internal.replay.Bytes.pcapHeader;
import static io.dstm.tep.internal.replay.Bytes.record;
import static io.dstm.tep.internal.replay.Bytes.section;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CaptureProperties {

    @Property(tries = 1000)
    void random_bytes_behind_a_header_give_packets_or_one_sentence(@ForAll("heads") byte[] head, @ForAll byte[] tail)
            throws IOException {
        check(join(head, tail));
    }

    @Property(tries = 1000)
    void a_changed_byte_gives_packets_or_one_sentence(
            @ForAll("captures") byte[] capture, @ForAll int place, @ForAll byte value) throws IOException {
        byte[] changed = capture.clone();
        changed[Math.floorMod(place, changed.length)] = value;
        check(changed);
    }

    @Provide
    Arbitrary<byte[]> heads() {
        return Arbitraries.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)
                .flatMap(order -> Arbitraries.of(
                        pcapHeader(order, false, 1),
                        pcapHeader(order, true, 113),
                        section(order),
                        join(section(order), description(order, 276, 0))));
    }

    @Provide
    Arbitrary<byte[]> captures() {
        byte[] frame = join(new byte[12], new byte[] {8, 0}, Bytes.udp4("192.0.2.1", 1, "203.0.113.7", 2, 40));
        return Arbitraries.of(ByteOrder.BIG_ENDIAN, ByteOrder.LITTLE_ENDIAN)
                .flatMap(order -> Arbitraries.of(
                        join(pcapHeader(order, false, 1), record(order, 1, 1, frame), record(order, 2, 1, frame)),
                        join(
                                section(order),
                                description(order, 1, 0, Bytes.option(order, 9, new byte[] {9})),
                                enhanced(order, 0, 1, frame),
                                enhanced(order, 0, 2, frame))));
    }

    private static void check(byte[] bytes) throws IOException {
        Path file = Files.createTempFile("capture", ".pcap");
        try {
            List<Bytes.Packet> packets = Bytes.packets(Files.write(file, bytes));
            assertThat(packets).allSatisfy(packet -> assertThat(packet.nanos()).isNotNegative());
        } catch (ReplayException told) {
            assertThat(told.getMessage()).startsWith(file.toString()).doesNotContain("\n");
        } finally {
            Files.delete(file);
        }
    }
}
