package io.dstm.tep.internal.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Packets in a row, as Jazzer's corpus has them: for each packet the side it comes from (one byte, odd: out of the tunnel), its
 * length (two bytes), its bytes. What is cut off is a shorter packet.
 */
final class Seeds {

    /** A packet and the side it comes from. */
    record Seed(byte[] packet, boolean fromTunnel) {}

    private static final String CORPUS = "RulesFuzzTestInputs/nothing_gets_through_unjudged";

    private Seeds() {}

    static List<Seed> parse(byte[] row) {
        ByteBuffer bytes = ByteBuffer.wrap(row);
        List<Seed> seeds = new ArrayList<>();
        while (bytes.remaining() >= 3) {
            boolean fromTunnel = (bytes.get() & 1) != 0;
            int length = bytes.getShort() & 0xFFFF;
            byte[] packet = new byte[Math.min(Rig.longestPacket(), Math.min(length, bytes.remaining()))];
            bytes.get(packet);
            seeds.add(new Seed(packet, fromTunnel));
        }
        return seeds;
    }

    /** The packets of the whole corpus, row by row. */
    static List<Seed> all() {
        try (Stream<Path> files = Files.list(
                Path.of(Objects.requireNonNull(Seeds.class.getResource(CORPUS)).toURI()))) {
            List<Seed> seeds = new ArrayList<>();
            for (Path file : files.sorted().toList()) {
                seeds.addAll(parse(Files.readAllBytes(file)));
            }
            return seeds;
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        } catch (URISyntaxException impossible) {
            throw new AssertionError(impossible);
        }
    }
}
