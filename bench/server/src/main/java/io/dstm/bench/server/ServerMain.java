package io.dstm.bench.server;

import io.dstm.api.lease.LeaseStore;
import io.dstm.dhcpv6.internal.server.Dhcpv6ServerComponent;
import io.dstm.server.internal.config.PoolRegistry;
import io.dstm.server.internal.config.ServerConfig;
import io.dstm.server.internal.engine.LeaseServer;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * The server without a container, for a profiler: store, engine, a TEP that is a table, and DHCPv6 on an interface. It stops at the
 * end of its input.
 */
final class ServerMain {

    private ServerMain() {}

    /** Directory, interface. */
    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        System.setProperty("karaf.data", directory.toString());
        LeaseStore store = OpenStore.in(directory.resolve("leases"));
        LeaseServer server = new LeaseServer(store);
        server.engine().configure(ServerConfig.read(Map.of()));
        PoolRegistry pools = new PoolRegistry(InstantSource.system());
        pools.put("io.dstm.pool~big", Map.of("ranges", "10.0.0.0/8", "tep", "tep"));
        pools.subscribe(server.engine()::setPools);
        server.start();
        server.engine().addTep(new TableTep());
        Dhcpv6ServerComponent dhcp =
                new Dhcpv6ServerComponent(Map.of("interfaces", arguments[1], "rapid.commit", "true"), server.engine());
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        while (in.readLine() != null) {
            System.out.println(dhcp.getCounters());
        }
        System.exit(0);
    }
}
