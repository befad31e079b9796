package io.dstm.console.internal.jmx;

import io.dstm.console.internal.access.Guard;
import java.io.IOException;
import java.net.InetAddress;
import java.rmi.AlreadyBoundException;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.rmi.server.UnicastRemoteObject;
import java.util.Map;
import javax.management.MBeanServer;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXServiceURL;
import javax.management.remote.rmi.RMIConnectorServer;
import javax.rmi.ssl.SslRMIClientSocketFactory;

/** An open door: a registry that says one thing, and the connector it says. */
final class JmxServer implements AutoCloseable {

    /** As the tools of the JDK expect it: {@code jconsole HOST:PORT}. */
    static final String NAME = "jmxrmi";

    /** Before somebody is known. */
    private static final String FILTER_OF_STRANGERS = "maxarray=2;maxdepth=2;java.lang.String;!*";

    /** What calls are made of. A subject can only be none: what it would consist of is not allowed. */
    private static final String FILTER =
            "maxdepth=20;maxarray=100000;java.lang.*;java.math.*;java.util.*;java.rmi.MarshalledObject;"
                    + "javax.management.*;javax.management.openmbean.*;javax.security.auth.Subject;!*";

    private final TlsSockets registrySockets;
    private final Registry registry;
    private final RMIConnectorServer connector;

    /**
     * Opens it.
     *
     * @param port of the registry, 0 for any
     * @param connectionPort of the connector, 0 for any
     * @throws IOException if a port is taken
     */
    JmxServer(Keys keys, InetAddress listen, String host, int port, int connectionPort, Guard guard, MBeanServer beans)
            throws IOException {
        SslRMIClientSocketFactory client = new SslRMIClientSocketFactory();
        registrySockets = new TlsSockets(keys, listen, true);
        registry = LocateRegistry.createRegistry(port, client, registrySockets);
        try {
            Map<String, Object> environment = Map.of(
                    JMXConnectorServer.AUTHENTICATOR,
                    new Login(guard),
                    RMIConnectorServer.CREDENTIALS_FILTER_PATTERN,
                    FILTER_OF_STRANGERS,
                    RMIConnectorServer.SERIAL_FILTER_PATTERN,
                    FILTER,
                    "jmx.remote.x.daemon",
                    "true");
            NamedServer server =
                    new NamedServer(host, connectionPort, client, new TlsSockets(keys, listen, false), environment);
            connector = new RMIConnectorServer(
                    new JMXServiceURL("rmi", host, connectionPort), environment, server, GuardedBeans.of(beans));
            connector.start();
            registry.bind(NAME, server.toStub());
        } catch (IOException | AlreadyBoundException failed) {
            UnicastRemoteObject.unexportObject(registry, true);
            throw failed instanceof IOException io ? io : new IOException(failed);
        }
    }

    /** The port of the registry. */
    int port() {
        return registrySockets.port();
    }

    @Override
    public void close() throws IOException {
        UnicastRemoteObject.unexportObject(registry, true);
        connector.stop();
    }
}
