import java.util.HashMap;
import java.util.Map;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import javax.rmi.ssl.SslRMIClientSocketFactory;

/**
 * Tries JMX over RMI as one person: java [-Djmx.url=URL] [-Djmx.tls=true] JmxTry.java [NAME PASSWORD]. Says a line for each thing that
 * was tried: done or refused.
 */
public final class JmxTry {

    private JmxTry() {}

    private interface Act {
        Object on(MBeanServerConnection beans, ObjectName name) throws Exception;
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, Object> environment = new HashMap<>();
        if (arguments.length == 2) {
            environment.put(JMXConnector.CREDENTIALS, new String[] {arguments[0], arguments[1]});
        }
        if (Boolean.getBoolean("jmx.tls")) {
            environment.put("com.sun.jndi.rmi.factory.socket", new SslRMIClientSocketFactory());
        }
        JMXServiceURL url = new JMXServiceURL(System.getProperty(
                "jmx.url", "service:jmx:rmi://127.0.0.1:44444/jndi/rmi://127.0.0.1:1099/karaf-dstm"));
        try (JMXConnector connector = JMXConnectorFactory.connect(url, environment)) {
            MBeanServerConnection beans = connector.getMBeanServerConnection();
            attempt(beans, "read", (server, name) -> server.getAttribute(name, "Pools"));
            attempt(beans, "page", (server, name) ->
                    server.invoke(name, "leases", new Object[] {0, 1}, new String[] {"int", "int"}));
            attempt(beans, "release", (server, name) -> server.invoke(
                    name, "release", new Object[] {"duid:ffff/1"}, new String[] {"java.lang.String"}));
            attempt(beans, "drain", (server, name) -> server.invoke(
                    name, "drain", new Object[] {"none", false}, new String[] {"java.lang.String", "boolean"}));
        } catch (SecurityException | IllegalArgumentException | java.io.IOException refused) {
            // Karaf's connector calls a login without a name an illegal argument.
            System.out.println("connect refused " + refused.getClass().getSimpleName());
        }
    }

    private static void attempt(MBeanServerConnection beans, String what, Act act) throws Exception {
        try {
            act.on(beans, new ObjectName("io.dstm:type=Server"));
            System.out.println(what + " done");
        } catch (SecurityException refused) {
            System.out.println(what + " refused");
        } catch (Exception other) {
            System.out.println(what + " failed " + other);
        }
    }
}
