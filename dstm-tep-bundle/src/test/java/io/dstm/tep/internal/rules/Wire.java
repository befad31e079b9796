package io.dstm.tep.internal.rules;

import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.api.datapath.PacketOutput;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepException;
import io.dstm.tep.internal.table.BindingTable;
import io.dstm.tep.internal.table.TableReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** A TEP without sockets: packets in, packets out, counters. */
final class Wire {

    /** By which the bindings of tests are alive. */
    static final long NOW = 1_800_000_000L;

    static final Instant LATER = Instant.ofEpochSecond(NOW + 3600);

    static final Ipv6Address TEP = Ipv6Address.parse("2001:db8::1");
    static final Ipv4Address TEP4 = Ipv4Address.parse("192.0.0.1");

    final BindingTable table = new BindingTable();
    final Counters counters = new Counters();
    final PacketMemory memory = new PacketMemory(8, 60, 2048 + 64);
    final PacketOutput out = new PacketOutput(memory);
    private final PathMtus pathMtus = new PathMtus();
    final Tunnel up = new Tunnel(counters.newBlock(), 42, 0, pathMtus, new Pieces(counters.newBlock(), 42));
    final Tunnel down = new Tunnel(counters.newBlock(), 42, 1, pathMtus, new Pieces(counters.newBlock(), 42));
    private final TableReader reader = table.newReader();
    Policy policy;
    long seconds = NOW;
    long nanos = 1;

    /** What left, in order. */
    final List<byte[]> toIpv4 = new ArrayList<>();

    final List<byte[]> toIpv6 = new ArrayList<>();

    Wire(Settings settings) {
        policy = settings.policy();
    }

    Wire() {
        this(new Settings());
    }

    static Binding binding(String address, String tunnelSource) {
        return binding(address, PortSet.FULL, tunnelSource);
    }

    static Binding binding(String address, PortSet ports, String tunnelSource) {
        return new Binding(
                new LeaseKey(Ipv4Address.parse(address), ports), Ipv6Address.parse(tunnelSource), TEP, LATER);
    }

    Wire bind(Binding... bindings) {
        try {
            table.apply(List.of(), List.of(bindings));
        } catch (TepException impossible) {
            throw new AssertionError(impossible);
        }
        return this;
    }

    Wire serve(String range, Binding... bindings) {
        try {
            table.resync(List.of(Ipv4Range.parse(range)), List.of(bindings));
        } catch (TepException impossible) {
            throw new AssertionError(impossible);
        }
        return this;
    }

    Wire fromIpv6(byte[] packet) {
        run(packet, true);
        return this;
    }

    Wire fromIpv4(byte[] packet) {
        run(packet, false);
        return this;
    }

    private void run(byte[] packet, boolean fromTunnel) {
        PacketBatch in = new PacketBatch(memory, 1);
        memory.bytes().put(memory.slotStart(0), packet);
        in.add(memory.slotStart(0), packet.length);
        out.clear();
        if (fromTunnel) {
            up.fromIpv6(in, out, reader.enter(), policy, nanos, seconds);
        } else {
            down.fromIpv4(in, out, reader.enter(), policy, nanos, seconds);
        }
        reader.leave();
        collect(out.toIpv4(), toIpv4);
        collect(out.toIpv6(), toIpv6);
    }

    private void collect(PacketBatch batch, List<byte[]> into) {
        for (int i = 0; i < batch.count(); i++) {
            byte[] packet = new byte[batch.length(i)];
            memory.bytes().get(batch.offset(i), packet);
            into.add(packet);
        }
    }

    /** The verdicts so far, without those that nothing ended in. */
    Map<Outcome, Long> verdicts() {
        return of(Outcome.Kind.VERDICT);
    }

    Map<Outcome, Long> of(Outcome.Kind kind) {
        Map<Outcome, Long> counted = new EnumMap<>(Outcome.class);
        for (Outcome outcome : Outcome.values()) {
            if (outcome.kind() == kind && counters.packets(outcome) > 0) {
                counted.put(outcome, counters.packets(outcome));
            }
        }
        return counted;
    }

    /** Settings of a router that has no kernel beside it, for tests to change. */
    static final class Settings {

        Ipv6Address tunnelAddress = TEP;
        Ipv4Address ipv4Address = TEP4;
        int tunnelMtu = 1500;
        int ipv4Mtu = 1500;
        Hairpinning hairpin = Hairpinning.TRUE;
        EchoLookup echo = EchoLookup.IDENTIFIER;
        boolean icmpv4Errors = true;
        boolean icmpv6Errors = true;
        boolean incomingIcmpv4 = true;
        boolean incomingIcmpv6 = true;
        boolean decrementFromTunnel = false;
        boolean decrementToTunnel = true;
        int errorsPerSecond = 1_000_000;
        List<Ipv6Address> moreTunnelAddresses = List.of();
        int tcpMss = 0;
        boolean portlessProtocols = true;
        ReassemblyLimits reassembly = ReassemblyLimits.DEFAULT;
        OuterHeader outer = OuterHeader.DEFAULT;

        Policy policy() {
            return Policy.of(
                    new RulesSettings(
                            tunnelAddress,
                            moreTunnelAddresses,
                            ipv4Address,
                            tunnelMtu,
                            ipv4Mtu,
                            hairpin,
                            icmpv4Errors,
                            icmpv6Errors,
                            incomingIcmpv4,
                            incomingIcmpv6,
                            echo,
                            decrementFromTunnel,
                            decrementToTunnel,
                            tcpMss,
                            portlessProtocols,
                            reassembly,
                            outer),
                    errorsPerSecond);
        }
    }
}
