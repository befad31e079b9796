package io.dstm.console.internal.jmx;

import java.io.IOException;
import java.rmi.server.RMIClientSocketFactory;
import java.rmi.server.RMIServerSocketFactory;
import java.util.Map;
import javax.management.remote.rmi.RMIConnection;
import javax.management.remote.rmi.RMIJRMPServerImpl;
import javax.security.auth.Subject;
import org.jspecify.annotations.Nullable;

/**
 * RMI's part of a JMX connector that sends its clients to a host of its own. RMI has one name for the whole process and looks at it
 * whenever it exports an object, which is once for each client; Karaf's connector sets it to its own address.
 */
final class NamedServer extends RMIJRMPServerImpl {

    private static final String NAME = "java.rmi.server.hostname";
    private static final Object NAMING = new Object();

    private final String host;

    NamedServer(
            String host,
            int port,
            RMIClientSocketFactory client,
            RMIServerSocketFactory server,
            Map<String, ?> environment)
            throws IOException {
        super(port, client, server, environment);
        this.host = host;
    }

    private interface Export<T> {
        T run() throws IOException;
    }

    @Override
    protected void export() throws IOException {
        named(() -> {
            super.export();
            return true;
        });
    }

    @Override
    protected RMIConnection makeClient(String connectionId, Subject subject) throws IOException {
        return named(() -> super.makeClient(connectionId, subject));
    }

    private <T> T named(Export<T> export) throws IOException {
        synchronized (NAMING) {
            @Nullable String before = System.setProperty(NAME, host);
            try {
                return export.run();
            } finally {
                if (before == null) {
                    System.clearProperty(NAME);
                } else {
                    System.setProperty(NAME, before);
                }
            }
        }
    }
}
