package io.dstm.itests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import io.dstm.api.tep.Binding;
import io.dstm.api.tep.TepStatus;
import io.dstm.api.tep.TunnelEndPoint;
import io.dstm.datapath.internal.linux.LinuxDatapath;
import io.dstm.datapath.internal.netlink.LinuxNetworkControl;
import io.dstm.tep.internal.control.Control;
import io.dstm.tep.internal.control.Tep;
import io.dstm.tep.internal.control.TepManager;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A TEP of the deployed classes, with its datapath, for a table of {@code dstm-tep-bundle/src/test/resources/softwire}; only
 * Karaf and the server are missing. Runs until it is killed.
 */
final class CaseTep {

    private CaseTep() {}

    /** Tables and addresses of one case. */
    record Table(JsonNode instance, JsonNode settings) {

        static Table read(Path file) throws IOException {
            JsonNode root = new ObjectMapper().readTree(file.toFile());
            return new Table(
                    root.at("/ietf-softwire-br:br-instances/binding/bind-instance/0"), root.get("case-settings"));
        }

        /** The TEP's own first, then those of bindings. */
        Set<String> tunnelAddresses() {
            Set<String> addresses =
                    new LinkedHashSet<>(List.of(settings.get("tep-ipv6").asText()));
            entries().forEach(entry -> addresses.add(entry.get("br-ipv6-addr").asText()));
            return addresses;
        }

        private JsonNode entries() {
            return instance.at("/binding-table/binding-entry");
        }

        private List<Binding> bindings() {
            List<Binding> bindings = new ArrayList<>();
            for (JsonNode entry : entries()) {
                JsonNode ports = entry.get("port-set");
                bindings.add(new Binding(
                        new LeaseKey(
                                Ipv4Address.parse(entry.get("binding-ipv4-addr").asText()),
                                new PortSet(
                                        ports.get("psid-offset").asInt(),
                                        ports.get("psid-len").asInt(),
                                        ports.get("psid").asInt())),
                        Ipv6Address.parse(entry.get("binding-ipv6info").asText()),
                        Ipv6Address.parse(entry.get("br-ipv6-addr").asText()),
                        Instant.now().plusSeconds(3600)));
            }
            return bindings;
        }

        private Map<String, String> configuration() {
            JsonNode icmpv4 = instance.at("/icmp-policy/icmpv4-errors");
            JsonNode icmpv6 = instance.at("/icmp-policy/icmpv6-errors");
            boolean incoming = icmpv4.get("allow-incoming-icmpv4").asBoolean();
            if (incoming != icmpv6.get("allow-incoming-icmpv6").asBoolean()) {
                throw new IllegalArgumentException("a TEP has one switch for incoming ICMP");
            }
            return Map.of(
                    "tunnel.address", String.join(",", tunnelAddresses()),
                    "ipv4.address", settings.get("tep-ipv4").asText(),
                    "tunnel.mtu", settings.get("mtu-ipv6").asText(),
                    "hairpinning", instance.get("enable-hairpinning").asText(),
                    "icmpv4.errors", icmpv4.get("generate-icmpv4-errors").asText(),
                    "icmpv6.errors", icmpv6.get("generate-icmpv6-errors").asText(),
                    "incoming.icmp", String.valueOf(incoming),
                    "tcp.mss", "off");
        }
    }

    /** Arguments: the table, and further addresses that are routed to the TEP although nobody holds them. */
    public static void main(String[] arguments) throws Exception {
        Table table = Table.read(Path.of(arguments[0]));
        List<Ipv4Range> served = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            served.add(Ipv4Range.parse(arguments[i]));
        }
        table.bindings().forEach(binding -> {
            Ipv4Range range =
                    new Ipv4Range(binding.key().address(), binding.key().address());
            if (!served.contains(range)) {
                served.add(range);
            }
        });
        List<TunnelEndPoint> registered = new ArrayList<>();
        TepManager manager = new TepManager(
                new Tep.Surroundings(
                        new LinuxDatapath(null),
                        new LinuxNetworkControl(null),
                        new Control.OwnThread("tep"),
                        InstantSource.system(),
                        System::nanoTime,
                        4),
                tep -> {
                    registered.add(tep);
                    return () -> {};
                });
        manager.configure(table.configuration());
        TunnelEndPoint tep = registered.get(0);
        tep.resync(served, table.bindings()).toCompletableFuture().get(30, TimeUnit.SECONDS);
        if (tep.status().state() != TepStatus.State.FORWARDING) {
            System.exit(1);
        }
        Thread.currentThread().join();
    }
}
