package io.dstm.dns.internal;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.net.IpLiteral;
import io.dstm.api.net.Ipv6Address;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * The stub's configuration.
 *
 * @param listen addresses to answer on
 * @param port UDP and TCP port to answer on, 1 to 65535
 * @param upstream resolvers, tried in order
 * @param upstreamPort their port, 53 but in tests
 * @param timeout how long each upstream has
 * @param holdTimeout how long an A answer waits for the lease
 */
record StubConfig(
        List<InetAddress> listen,
        int port,
        List<InetAddress> upstream,
        int upstreamPort,
        Duration timeout,
        Duration holdTimeout) {

    static final String PID = "io.dstm.dns.stub";

    static final String DEFAULT_LISTEN = "127.0.0.1,::1";
    static final int DEFAULT_PORT = 53;
    static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(3);
    static final Duration DEFAULT_HOLD_TIMEOUT = Duration.ofSeconds(15);

    StubConfig {
        listen = List.copyOf(listen);
        upstream = List.copyOf(upstream);
    }

    static StubConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        List<InetAddress> listen = reader.list("listen", IpLiteral::parse);
        if (listen.isEmpty()) {
            listen = List.of(IpLiteral.parse("127.0.0.1"), IpLiteral.parse("::1"));
        }
        if (listen.stream().anyMatch(InetAddress::isAnyLocalAddress)) {
            reader.problem("listen", "must name addresses; a wildcard would make this an open resolver");
        }
        List<InetAddress> upstream = reader.list(
                "upstream", text -> IpLiteral.parse(Ipv6Address.parse(text).toString()));
        if (upstream.isEmpty() && !reader.hasProblem("upstream")) {
            reader.problem("upstream", "is required: the IPv6 addresses of the network's resolvers");
        }
        int port = reader.number("port", DEFAULT_PORT, 1, 65535);
        if (upstream.stream().anyMatch(listen::contains) && port == DEFAULT_PORT) {
            reader.problem("upstream", "names an address of this stub itself, which would ask itself for ever");
        }
        StubConfig config = new StubConfig(
                listen,
                port,
                upstream,
                DEFAULT_PORT,
                reader.duration("timeout", DEFAULT_TIMEOUT, Duration.ofSeconds(1), Duration.ofMinutes(1)),
                reader.duration("hold.timeout", DEFAULT_HOLD_TIMEOUT, Duration.ofSeconds(1), Duration.ofMinutes(2)));
        reader.finish();
        return config;
    }
}
