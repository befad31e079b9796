package io.dstm.console.internal.jmx;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import io.dstm.api.net.IpLiteral;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Map;

/**
 * JMX over TLS, PID {@code io.dstm.jmx}.
 *
 * @param listen the address to listen at; the wildcard for all
 * @param host the name that clients are sent to, which the certificate must be for
 * @param port the TCP port that clients are told of
 * @param connectionPort the TCP port they are sent to from there
 * @param keystore the file with the private key and its certificate
 * @param passwordFile whose first line is the password of that file
 */
record JmxConfig(InetAddress listen, String host, int port, int connectionPort, Path keystore, Path passwordFile) {

    /** The PID. */
    static final String PID = "io.dstm.jmx";

    static final String DEFAULT_LISTEN = "127.0.0.1";
    static final String DEFAULT_HOST = "localhost";
    static final int DEFAULT_PORT = 1098;
    static final int DEFAULT_CONNECTION_PORT = 44445;

    /**
     * Reads and checks the whole configuration, and whether the key can be read.
     *
     * @throws ConfigException naming everything that is wrong
     */
    static JmxConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        InetAddress listen =
                reader.optional("listen", IpLiteral::parse).orElseGet(() -> IpLiteral.parse(DEFAULT_LISTEN));
        JmxConfig config = new JmxConfig(
                listen,
                reader.text("host", DEFAULT_HOST),
                reader.number("port", DEFAULT_PORT, 1, 65535),
                reader.number("connection.port", DEFAULT_CONNECTION_PORT, 1, 65535),
                reader.required("keystore", Path.of(""), Path::of),
                reader.required("keystore.password.file", Path.of(""), Path::of));
        if (!listen.isLoopbackAddress() && config.host.equals(DEFAULT_HOST)) {
            reader.problem("host", "must be the name of this machine in the certificate: clients are sent there");
        }
        if (config.port == config.connectionPort) {
            reader.problem("connection.port", "must be another than port");
        }
        if (!config.keystore.toString().isEmpty()
                && !config.passwordFile.toString().isEmpty()) {
            try {
                new Keys(config.keystore, config.passwordFile);
            } catch (IOException | GeneralSecurityException unreadable) {
                reader.problem("keystore", Keys.reason(unreadable));
            }
        }
        reader.finish();
        return config;
    }
}
