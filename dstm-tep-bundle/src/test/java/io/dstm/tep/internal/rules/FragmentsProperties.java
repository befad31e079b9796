package io.dstm.tep.internal.rules;

import static io.dstm.tep.internal.rules.Packets.ipv4;
import static io.dstm.tep.internal.rules.Packets.ipv6;
import static io.dstm.tep.internal.rules.Packets.view;
import static io.dstm.tep.internal.rules.Wire.binding;
import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.net.PortSet;
import io.dstm.packet.FragmentHeader;
import io.dstm.packet.IpProtocol;
import io.dstm.packet.Ipv4Header;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Fragments of all kinds, many of them wrong: nothing is thrown, nothing grows, and what comes out is what was put in. */
class FragmentsProperties {

    private static final int FRAGMENTS = 3_000;
    private static final int MEMORY = 16 << 10;
    private static final String SHARER = "2001:db8:a::1";

    private static Wire wire() {
        Wire.Settings settings = new Wire.Settings();
        settings.reassembly = new ReassemblyLimits(MEMORY, 5, 12);
        return new Wire(settings).serve("192.0.2.0/24", binding("192.0.2.9", new PortSet(0, 6, 5), SHARER));
    }

    @Property(tries = 30)
    void any_fragments_in_any_order_at_any_time(@ForAll long seed) {
        Random random = new Random(seed);
        Wire wire = wire();
        for (int i = 0; i < FRAGMENTS; i++) {
            boolean fromTunnel = random.nextBoolean();
            byte[] packet = fragment(random, fromTunnel, random.nextInt(3) == 0);
            if (random.nextInt(20) == 0) {
                packet[random.nextInt(packet.length)] = (byte) random.nextInt();
            }
            wire.nanos += random.nextInt(50) == 0 ? 20_000_000_000L : random.nextInt(1_000_000);
            wire.toIpv4.clear();
            wire.toIpv6.clear();
            if (fromTunnel) {
                wire.fromIpv6(packet);
            } else {
                wire.fromIpv4(packet);
            }
            assertThat(wire.counters.packets(Outcome.DROP_DEFECT_IP)).isZero();
            assertThat(wire.up.bytesHeld()).isBetween(0, 2 * MEMORY);
            assertThat(wire.down.bytesHeld()).isBetween(0, MEMORY);
            assertThat(wire.up.incomplete()).isBetween(0, 32);
            assertThat(wire.toIpv4).allSatisfy(out -> {
                assertThat(Ipv4Header.totalLength(view(out), 0)).isEqualTo(out.length);
                assertThat(Ipv4Header.isChecksumSound(view(out), 0)).isTrue();
            });
        }
        long verdicts =
                wire.verdicts().values().stream().mapToLong(Long::longValue).sum();
        assertThat(verdicts).isEqualTo(FRAGMENTS);
        assertThat(wire.verdicts()).containsKeys(Outcome.HOLD_FRAGMENT_IPV6, Outcome.HOLD_FRAGMENT_IPV4);

        wire.nanos += 120_000_000_000L;
        for (int i = 0; i < 10; i++) {
            wire.fromIpv6(new byte[0]).fromIpv4(new byte[0]);
        }
        assertThat(wire.up.incomplete() + wire.down.incomplete()).isZero();
        assertThat(wire.up.bytesHeld() + wire.down.bytesHeld()).isZero();
    }

    private static byte[] fragment(Random random, boolean fromTunnel, boolean ofTunnel) {
        int offset = random.nextInt(6) * 200;
        boolean more = random.nextInt(4) != 0;
        byte[] data = new byte[random.nextInt(3) == 0 ? 1 + random.nextInt(400) : 200];
        view(data).put(0, Arrays.copyOf(new byte[] {20, 0, 0, 53}, Math.min(4, data.length)));
        String inside = "192.0.2.9";
        String outside = "198.51.100." + (1 + random.nextInt(3));
        Packets.Ipv4 packet = fromTunnel ? ipv4(inside, outside) : ipv4(outside, inside);
        packet.payload(random.nextBoolean() ? IpProtocol.UDP : IpProtocol.TCP, data);
        if (!fromTunnel) {
            return packet.fragment(offset, more).bytes();
        }
        if (!ofTunnel) {
            return ipv6(SHARER, "2001:db8::1")
                    .carrying(packet.fragment(offset, more))
                    .bytes();
        }
        byte[] outer = ipv6(SHARER, "2001:db8::1")
                .carrying(packet)
                .fragment(offset, more)
                .bytes();
        FragmentHeader.write(view(outer), 40, IpProtocol.IPV4, offset, more, random.nextInt(4));
        return outer;
    }
}
