package io.dstm.console.internal.jmx;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Describes {@code etc/io.dstm.jmx.cfg} to tools; the values are read by {@link JmxConfig}. */
@ObjectClassDefinition(
        name = "DSTM JMX over TLS",
        description =
                "JMX over RMI, with TLS alone. Without a file it is closed. A change closes it and opens it anew.")
public @interface JmxConfigDefinition {

    /** Where. */
    @AttributeDefinition(
            name = "Listen",
            description = "IPv4 or IPv6 address to listen at; :: for all of this machine.")
    String listen() default JmxConfig.DEFAULT_LISTEN;

    /** As clients see it. */
    @AttributeDefinition(
            name = "Host",
            description = "The name or address by which clients reach this machine, which its certificate must be for.")
    String host() default JmxConfig.DEFAULT_HOST;

    /** The port. */
    @AttributeDefinition(
            name = "Port",
            description = "TCP port that clients are told: jconsole HOST:PORT.",
            min = "1",
            max = "65535")
    int port() default JmxConfig.DEFAULT_PORT;

    /** The other port. */
    @AttributeDefinition(
            name = "Connection port",
            description = "TCP port that they are sent to from there; a firewall has to know both.",
            min = "1",
            max = "65535")
    int connection_port() default JmxConfig.DEFAULT_CONNECTION_PORT;

    /** The key. */
    @AttributeDefinition(
            name = "Key store",
            description =
                    "A PKCS #12 (or JKS) file with the private key and its certificate, which keytool makes. When the file"
                            + " is exchanged, connections from then on get the new certificate.")
    String keystore();

    /** Its password. */
    @AttributeDefinition(
            name = "Password file",
            description =
                    "A file whose first line is the password of that file and of its key. Not the password itself, for"
                            + " kept configurations are shown to operators.")
    String keystore_password_file();
}
