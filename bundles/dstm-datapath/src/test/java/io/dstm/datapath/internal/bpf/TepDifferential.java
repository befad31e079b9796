package io.dstm.datapath.internal.bpf;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.FastPath;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.tep.internal.rules.Counters;
import io.dstm.tep.internal.rules.EchoLookup;
import io.dstm.tep.internal.rules.Hairpinning;
import io.dstm.tep.internal.rules.Outcome;
import io.dstm.tep.internal.rules.OuterHeader;
import io.dstm.tep.internal.rules.Policy;
import io.dstm.tep.internal.rules.ReassemblyLimits;
import io.dstm.tep.internal.rules.RulesSettings;
import io.dstm.tep.internal.rules.TunnelProcessor;
import io.dstm.tep.internal.table.BindingTable;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** The TEP's program for XDP or for tc beside the TEP's rules, both with the same bindings. */
class TepDifferential extends Differential {

    /** The moment at which all happens, in seconds since 1970. */
    static final long NOW = 1_800_000_000L;

    private static final byte[] REPLACED = HexFormat.of().parseHex("020000000002020000000001");

    private static final List<Ipv4Address> ELSEWHERE = addresses(
            "198.51.100.5",
            "198.51.100.77",
            "100.64.1.1",
            "203.0.113.1",
            "203.0.113.9",
            "127.0.0.1",
            "224.0.0.1",
            "0.1.2.3",
            "255.255.255.255",
            "169.254.1.1");
    private static final List<Ipv6Address> OWN = List.of(
            Ipv6Address.parse("2001:db8::1"), Ipv6Address.parse("2001:db8::2"), Ipv6Address.parse("2001:db8:1::3"));

    private final FastPath.Way way;
    private final BindingTable table = new BindingTable();
    private final KernelFastPath path;
    private final Counters counters = new Counters();
    private @Nullable TunnelProcessor rules;
    private RulesSettings settings = settings(OWN.get(0), Ipv4Address.parse("192.0.0.1"), 1500);
    private final Map<LeaseKey, Binding> bound = new HashMap<>();
    private final List<LeaseKey> keys = new ArrayList<>();
    private String means = "";

    TepDifferential(Tried tried) throws Exception {
        this.way = tried.way;
        path = host.call(() -> tried.open(device));
    }

    private static List<Ipv4Address> addresses(String... texts) {
        return Arrays.stream(texts).map(Ipv4Address::parse).toList();
    }

    /** The usual rules of a TEP that lowers the TTL by itself. */
    static RulesSettings settings(Ipv6Address tunnelAddress, Ipv4Address ipv4Address, int tunnelMtu) {
        return new RulesSettings(tunnelAddress, ipv4Address, tunnelMtu, 1500, true, true, true, true, true, true, true);
    }

    /** Program and rules have these settings and bindings, and these alone. */
    final void take(RulesSettings wanted, Collection<Ipv4Range> served, Collection<Binding> bindings) throws Exception {
        settings = wanted;
        table.resync(served, bindings);
        if (rules != null) {
            rules.close();
        }
        rules = new TunnelProcessor(table, counters, Policy.of(wanted, 1_000_000), 42, NOW * 1_000_000_000L);
        path.setClock(NOW);
        path.configure(new FastPath.Settings(
                wanted.ipv4Address(),
                wanted.tunnelMtu(),
                wanted.tcpMss(),
                wanted.outer().hopLimit(),
                wanted.outer().compatible() ? 0xFC : 0xFF));
        path.replace(table.served().ranges(), bindings);
        bound.clear();
        bindings.forEach(binding -> bound.put(binding.key(), binding));
        keys.clear();
        bindings.forEach(binding -> keys.add(binding.key()));
        means = wanted + ", " + bindings.size() + " bindings";
    }

    /** Next hops that were found hold, or each is looked up. */
    final void holdHops(boolean hold) {
        path.nextHopsChanged();
        path.nextHopsHold(hold ? System.nanoTime() + 3_600_000_000_000L : 0);
    }

    @Override
    void arrange(Random random) throws Exception {
        boolean narrow = random.nextInt(8) == 0;
        int ipv4Mtu = narrow ? 576 + random.nextInt(900) : 1500;
        int ipv6Mtu = random.nextInt(8) == 0 ? 1280 + random.nextInt(220) : 1500;
        host.sh("ip route replace default via 203.0.113.2 mtu lock " + ipv4Mtu
                + " && ip route replace default via 2001:db8:fe::2 mtu lock " + ipv6Mtu);
        RulesSettings chosen = new RulesSettings(
                OWN.get(0),
                random.nextBoolean() ? OWN : List.of(),
                Ipv4Address.parse(random.nextInt(4) == 0 ? "198.51.100.77" : "192.0.0.1"),
                random.nextInt(3) == 0 ? 1280 + random.nextInt(300) : 1500,
                random.nextInt(8) == 0 ? 65535 : ipv4Mtu,
                Hairpinning.values()[random.nextInt(3)],
                random.nextBoolean(),
                random.nextBoolean(),
                random.nextInt(8) != 0,
                random.nextInt(8) != 0,
                random.nextInt(3) == 0 ? EchoLookup.PORT_ZERO : EchoLookup.IDENTIFIER,
                true,
                true,
                random.nextInt(3) == 0 ? 536 + random.nextInt(1000) : 0,
                random.nextInt(4) != 0,
                ReassemblyLimits.DEFAULT,
                new OuterHeader(1 + random.nextInt(255), random.nextInt(3) == 0));
        List<Ipv4Range> served = new ArrayList<>();
        List<Binding> bindings = new ArrayList<>();
        int ranges = 1 + random.nextInt(4);
        for (int i = 0; i < ranges; i++) {
            int first = Ipv4Address.parse("192.0.2.0").value() + (i << 16) + random.nextInt(64);
            int size = 1 + random.nextInt(random.nextInt(4) == 0 ? 200 : 8);
            served.add(new Ipv4Range(new Ipv4Address(first), new Ipv4Address(first + size - 1)));
            PortSet sharing = sharing(random);
            for (int at = 0; at < size; at++) {
                share(
                        random,
                        new Ipv4Address(first + at),
                        random.nextInt(16) == 0 ? sharing(random) : sharing,
                        bindings);
            }
        }
        take(chosen, served, bindings);
        holdHops(random.nextBoolean());
    }

    /** A way to share an address: the first of its sets. */
    private static PortSet sharing(Random random) {
        if (random.nextInt(3) == 0) {
            return PortSet.FULL;
        }
        int offset = random.nextInt(3) == 0 ? random.nextInt(16) : random.nextInt(7);
        return new PortSet(offset, Math.min(random.nextInt(9), 16 - offset), 0);
    }

    private static void share(Random random, Ipv4Address address, PortSet sharing, List<Binding> bindings) {
        for (int i = 0; i < 3; i++) {
            int psid = random.nextInt(1 << sharing.psidLength());
            LeaseKey key = new LeaseKey(address, new PortSet(sharing.offset(), sharing.psidLength(), psid));
            if (bindings.stream().noneMatch(binding -> binding.key().equals(key))) {
                bindings.add(binding(random, key));
            }
        }
    }

    private static Binding binding(Random random, LeaseKey key) {
        long end = random.nextInt(8) == 0 ? NOW - random.nextInt(3) : NOW + 3600 * (1 + random.nextInt(100));
        return new Binding(
                key,
                Ipv6Address.parse("2001:db8:a::" + Integer.toHexString(1 + random.nextInt(40))),
                OWN.get(random.nextInt(3) == 0 ? random.nextInt(OWN.size()) : 0),
                Instant.ofEpochSecond(end));
    }

    @Override
    void stir(Random random) throws Exception {
        if (random.nextInt(3) == 0) {
            holdHops(random.nextBoolean());
        }
        LeaseKey changed = keys.get(random.nextInt(keys.size()));
        LeaseKey ended = keys.get(random.nextInt(keys.size()));
        List<Binding> added = List.of(binding(random, changed));
        List<LeaseKey> removed = random.nextInt(4) != 0 || ended.equals(changed) ? List.of() : List.of(ended);
        table.apply(removed, added);
        removed.forEach(bound::remove);
        bound.put(changed, added.get(0));
        if (!path.change(removed, added)) {
            path.replace(table.served().ranges(), bound.values());
        }
    }

    /** Whether the kernel tries the program on a packet: one for tc on none that is shorter than its header. */
    final boolean canTry(Packet packet) {
        return way != FastPath.Way.TC || packet.bytes().length >= (packet.tunnelled() ? 40 : 20);
    }

    @Override
    Packet next(Random random) {
        while (true) {
            Packet packet = any(random);
            if (canTry(packet)) {
                return packet;
            }
        }
    }

    private Packet any(Random random) {
        LeaseKey key = keys.get(random.nextInt(keys.size()));
        Binding binding = bound.get(key);
        boolean tunnelled = random.nextBoolean();
        Ipv4Address mine = random.nextInt(16) == 0 ? elsewhere(random) : key.address();
        Ipv4Address other = random.nextInt(8) == 0 ? elsewhere(random) : ELSEWHERE.get(0);
        int myPort = port(random, key);
        int otherPort = random.nextInt(65536);
        byte[] packet = tunnelled
                ? NearlyRight.ipv4(random, mine, myPort, other, otherPort, myPort)
                : NearlyRight.ipv4(random, other, otherPort, mine, myPort, myPort);
        if (tunnelled) {
            Ipv6Address client = binding == null || random.nextInt(16) == 0
                    ? Ipv6Address.parse("2001:db8:a::" + Integer.toHexString(1 + random.nextInt(42)))
                    : binding.tunnelSource();
            Ipv6Address tunnel = binding == null || random.nextInt(16) == 0
                    ? OWN.get(random.nextInt(OWN.size()))
                    : binding.tunnelAddress();
            packet = NearlyRight.tunnelled(random, packet, client, tunnel);
        }
        return new Packet(NearlyRight.padded(random, packet), tunnelled);
    }

    private Ipv4Address elsewhere(Random random) {
        return random.nextInt(3) == 0
                ? keys.get(random.nextInt(keys.size())).address()
                : random.nextInt(8) == 0 ? settings.ipv4Address() : ELSEWHERE.get(random.nextInt(ELSEWHERE.size()));
    }

    private static int port(Random random, LeaseKey key) {
        PortSet ports = key.ports();
        return random.nextInt(8) == 0 || ports.size() == 0
                ? random.nextInt(65536)
                : ports.portAt(random.nextInt(ports.size()));
    }

    @Override
    Bpf.Tested tried(boolean tunnelled, byte[] frame) throws DatapathException {
        return path.test(device, frame);
    }

    /** What the program says when it forwards, or leaves a packet to the rules. */
    static int verdict(FastPath.Way way, boolean forwarded) {
        return way == FastPath.Way.TC ? forwarded ? 7 : -1 : forwarded ? 4 : 2;
    }

    @Override
    int forwards() {
        return verdict(way, true);
    }

    @Override
    int leaves() {
        return verdict(way, false);
    }

    @Override
    void checkHeader(byte[] frame) {
        assertThat(Arrays.equals(frame, 0, REPLACED.length, REPLACED, 0, REPLACED.length))
                .isTrue();
    }

    @Override
    final void judge(boolean tunnelled, PacketBatch in, PacketOutput out) {
        TunnelProcessor judges = rules;
        assertThat(judges).isNotNull();
        if (tunnelled) {
            judges.fromIpv6(in, out, 1);
        } else {
            judges.fromIpv4(in, out, 1);
        }
    }

    @Override
    FastPath.Counts counts() {
        return path.counts();
    }

    /** How many packets the rules were shown that they forwarded. */
    final long judgedTo(Outcome outcome) {
        return counters.packets(outcome);
    }

    @Override
    public String toString() {
        return means;
    }

    @Override
    public void close() throws Exception {
        path.close();
        if (rules != null) {
            rules.close();
        }
        super.close();
    }
}
