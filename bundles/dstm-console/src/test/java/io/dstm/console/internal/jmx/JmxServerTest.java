package io.dstm.console.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.management.Role;
import io.dstm.console.internal.access.Attempts;
import io.dstm.console.internal.access.Guard;
import io.dstm.console.internal.access.Person;
import io.dstm.console.internal.access.Sessions;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.rmi.AccessException;
import java.rmi.RemoteException;
import java.rmi.registry.LocateRegistry;
import java.rmi.registry.Registry;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.management.Attribute;
import javax.management.AttributeChangeNotification;
import javax.management.AttributeList;
import javax.management.MBeanServer;
import javax.management.MBeanServerConnection;
import javax.management.MBeanServerFactory;
import javax.management.NotificationBroadcasterSupport;
import javax.management.ObjectName;
import javax.management.Query;
import javax.management.remote.JMXConnector;
import javax.management.remote.rmi.RMIConnector;
import javax.management.remote.rmi.RMIServer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import javax.rmi.ssl.SslRMIClientSocketFactory;
import javax.security.auth.Subject;
import org.apache.karaf.jaas.boot.principal.RolePrincipal;
import org.apache.karaf.jaas.boot.principal.UserPrincipal;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** JMX over TLS as its clients meet it. */
class JmxServerTest {

    /** What stands for the beans of a server. */
    public interface BeanMXBean {
        /** For viewers. */
        String getPools();

        /** For operators. */
        void setSingleLeaseEvents(boolean on);

        /** For operators. */
        boolean isSingleLeaseEvents();

        /** For operators. */
        String release(String client);

        /** For admins. */
        String drain(String pool, boolean on);
    }

    /** That bean, which notifies of what it releases. */
    public static final class Bean extends NotificationBroadcasterSupport implements BeanMXBean {

        private boolean single;

        @Override
        public String getPools() {
            return "pools";
        }

        @Override
        public void setSingleLeaseEvents(boolean on) {
            single = on;
        }

        @Override
        public boolean isSingleLeaseEvents() {
            return single;
        }

        @Override
        public String release(String client) {
            sendNotification(new AttributeChangeNotification(this, 1, 0, client, "", "", "", ""));
            return "released " + client;
        }

        @Override
        public String drain(String pool, boolean on) {
            return "drained " + pool;
        }
    }

    private static final Map<String, Optional<Role>> PEOPLE = Map.of(
            "no", Optional.empty(),
            "vi", Optional.of(Role.VIEWER),
            "op", Optional.of(Role.OPERATOR),
            "ad", Optional.of(Role.ADMIN));

    @TempDir
    private static Path directory;

    private static Path keystore;
    private static Path password;
    private static ObjectName name;
    private static JmxServer server;

    @BeforeAll
    static void open() throws Exception {
        keystore = directory.resolve("door.p12");
        password = Files.writeString(directory.resolve("door.password"), "secret-of-it\nanother line\n");
        keytool("-genkeypair", "-keyalg", "EC", "-dname", "CN=localhost", "-ext", "SAN=DNS:localhost,IP:127.0.0.1");
        keytool("-exportcert", "-rfc", "-file", directory.resolve("door.pem").toString());
        SSLContext.setDefault(trusting());

        name = new ObjectName("io.dstm:type=Server");
        MBeanServer beans = MBeanServerFactory.newMBeanServer();
        beans.registerMBean(new Bean(), name);
        beans.registerMBean(new Bean(), new ObjectName("other:type=Server"));
        server = open(beans);
    }

    private static JmxServer open(MBeanServer beans) throws Exception {
        Attempts attempts = new Attempts(() -> 0, 3, 1000);
        Guard guard = new Guard(
                (person, word) -> word.equals(person + "-pass") && PEOPLE.containsKey(person)
                        ? Optional.of(new Person(person, PEOPLE.get(person)))
                        : Optional.empty(),
                attempts,
                new Sessions(() -> 0, 1000, 1000));
        return new JmxServer(
                new Keys(keystore, password), InetAddress.getByName("127.0.0.1"), "localhost", 0, 0, guard, beans);
    }

    private static SSLContext trusting() throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        try (InputStream certificate = Files.newInputStream(directory.resolve("door.pem"))) {
            trusted.setCertificateEntry(
                    "door", CertificateFactory.getInstance("X.509").generateCertificate(certificate));
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    private static void keytool(String... arguments) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("-alias", "door", "-storetype", "PKCS12", "-keystore", keystore.toString()));
        command.addAll(List.of("-storepass:file", password.toString()));
        Process made = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(made.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(made.waitFor()).as(output).isZero();
    }

    @AfterAll
    static void close() throws Exception {
        server.close();
    }

    private static Registry registry(JmxServer of) throws RemoteException {
        return LocateRegistry.getRegistry("localhost", of.port(), new SslRMIClientSocketFactory());
    }

    private static JMXConnector connect(JmxServer to, Map<String, ?> environment) throws Exception {
        RMIConnector connector = new RMIConnector((RMIServer) registry(to).lookup(JmxServer.NAME), environment);
        connector.connect();
        return connector;
    }

    private static JMXConnector connect(String who) throws Exception {
        return connect(server, Map.of(JMXConnector.CREDENTIALS, new String[] {who, who + "-pass"}));
    }

    private interface Act {
        Object on(MBeanServerConnection beans) throws Exception;
    }

    private static boolean may(MBeanServerConnection beans, Act act) throws Exception {
        try {
            act.on(beans);
            return true;
        } catch (SecurityException refused) {
            return false;
        }
    }

    @ParameterizedTest
    @CsvSource({"vi, false, false", "op, true, false", "ad, true, true"})
    void roles_may_what_they_may_elsewhere(String who, boolean operator, boolean admin) throws Exception {
        try (JMXConnector connector = connect(who)) {
            MBeanServerConnection beans = connector.getMBeanServerConnection();
            assertThat(beans.getAttribute(name, "Pools")).isEqualTo("pools");
            assertThat(beans.queryNames(null, null)).contains(name);
            assertThat(may(beans, b -> call(b, "release", "x"))).isEqualTo(operator);
            assertThat(may(beans, b -> set(b, name))).isEqualTo(operator);
            assertThat(may(beans, b -> setAll(b, name))).isEqualTo(operator);
            assertThat(may(
                            beans,
                            b -> b.invoke(name, "drain", new Object[] {"p", true}, new String[] {
                                String.class.getName(), boolean.class.getName()
                            })))
                    .isEqualTo(admin);
            ObjectName other = new ObjectName("other:type=Server");
            assertThat(may(beans, b -> b.getAttribute(other, "Pools"))).isEqualTo(admin);
            assertThat(may(beans, b -> set(b, other))).isEqualTo(admin);
            assertThat(beans.getAttributes(other, new String[] {"Pools"})).hasSize(admin ? 1 : 0);
            assertThat(may(beans, b -> b.queryNames(null, Query.eq(Query.attr("Pools"), Query.value("pools")))))
                    .as("a query, which reads attributes")
                    .isEqualTo(admin);
            assertThat(may(beans, b -> b.createMBean("javax.management.loading.MLet", null)))
                    .isFalse();
            assertThat(may(beans, JmxServerTest::remove)).isFalse();
        }
    }

    private static Object call(MBeanServerConnection beans, String operation, String argument) throws Exception {
        return beans.invoke(name, operation, new Object[] {argument}, new String[] {String.class.getName()});
    }

    private static boolean set(MBeanServerConnection beans, ObjectName bean) throws Exception {
        beans.setAttribute(bean, new Attribute("SingleLeaseEvents", true));
        return true;
    }

    private static Object setAll(MBeanServerConnection beans, ObjectName bean) throws Exception {
        return beans.setAttributes(bean, new AttributeList(List.of(new Attribute("SingleLeaseEvents", true))));
    }

    private static boolean remove(MBeanServerConnection beans) throws Exception {
        beans.unregisterMBean(name);
        return true;
    }

    @ParameterizedTest
    @CsvSource({"no, no-pass, no role", "vi, guess, unknown name", "stranger, stranger-pass, unknown name"})
    void nobody_gets_in_without_a_role(String who, String word, String reason) throws Exception {
        try (JmxServer own = open(MBeanServerFactory.newMBeanServer())) {
            assertThatThrownBy(() -> connect(own, Map.of(JMXConnector.CREDENTIALS, new String[] {who, word})))
                    .isInstanceOf(SecurityException.class)
                    .hasMessageContaining(reason);
        }
    }

    @Test
    void nobody_gets_in_without_a_name_and_guessing_has_to_wait() throws Exception {
        try (JmxServer own = open(MBeanServerFactory.newMBeanServer())) {
            assertThatThrownBy(() -> connect(own, Map.of())).isInstanceOf(SecurityException.class);
            Map<String, ?> guess = Map.of(JMXConnector.CREDENTIALS, new String[] {"ad", "guess"});
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(() -> connect(own, guess)).hasMessageContaining("unknown name");
            }
            assertThatThrownBy(() -> connect(own, guess)).hasMessageContaining("wait");
        }
    }

    @Test
    void nobody_acts_in_the_name_of_another() throws Exception {
        try (JMXConnector connector = connect("vi")) {
            Subject admin =
                    new Subject(true, Set.of(new UserPrincipal("ad"), new RolePrincipal("admin")), Set.of(), Set.of());
            assertThatThrownBy(() -> drainAs(connector, admin)).isInstanceOf(Exception.class);
        }
        try (JMXConnector connector = connect("ad")) {
            assertThat(call(connector.getMBeanServerConnection(), "release", "x"))
                    .isEqualTo("released x");
        }
    }

    @SuppressWarnings("removal") // What an attacker may still use.
    private static void drainAs(JMXConnector connector, Subject subject) throws Exception {
        connector.getMBeanServerConnection(subject).invoke(name, "drain", new Object[] {"p", true}, new String[] {
            String.class.getName(), boolean.class.getName()
        });
    }

    @Test
    void viewers_are_notified() throws Exception {
        CountDownLatch heard = new CountDownLatch(1);
        try (JMXConnector viewer = connect("vi");
                JMXConnector operator = connect("op")) {
            viewer.getMBeanServerConnection()
                    .addNotificationListener(name, (notification, handback) -> heard.countDown(), null, null);
            call(operator.getMBeanServerConnection(), "release", "x");
            assertThat(heard.await(60, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void what_the_registry_says_is_not_changed_from_outside() throws Exception {
        Registry registry = registry(server);
        assertThat(registry.list()).containsExactly(JmxServer.NAME);
        assertThatThrownBy(() -> registry.unbind(JmxServer.NAME)).hasRootCauseInstanceOf(AccessException.class);
        assertThatThrownBy(() -> registry.rebind(JmxServer.NAME, registry.lookup(JmxServer.NAME)))
                .hasRootCauseInstanceOf(AccessException.class);
    }

    @Test
    void nothing_is_said_in_clear() throws Exception {
        assertThatThrownBy(() ->
                        LocateRegistry.getRegistry("localhost", server.port()).list())
                .isInstanceOf(RemoteException.class);
        try (Socket clear = new Socket("127.0.0.1", server.port())) {
            clear.setSoTimeout(60_000);
            clear.getOutputStream().write("JRMI".getBytes(StandardCharsets.US_ASCII));
            clear.getOutputStream().write(new byte[] {0, 2, 0x4b});
            assertThat(clear.getInputStream().read())
                    .as("an alert of TLS, or the end")
                    .isIn(0x15, -1);
        }
    }

    @Test
    void who_says_nothing_keeps_nobody_out_for_ever() throws Exception {
        try (JmxServer own = open(MBeanServerFactory.newMBeanServer())) {
            List<Socket> silent = new ArrayList<>();
            for (int i = 0; i < TlsSockets.MOST; i++) {
                silent.add(new Socket("127.0.0.1", own.port()));
            }
            try (Socket late = new Socket("127.0.0.1", own.port())) {
                late.setSoTimeout(60_000);
                assertThat(late.getInputStream().read()).as("turned away").isEqualTo(-1);
            }
            for (Socket socket : silent) {
                socket.close();
            }
            await(() -> registry(own).list().length == 1);
        }
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (RemoteException notYet) {
                assertThat(System.nanoTime() - deadline).isNegative();
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void nothing_is_left_of_a_closed_door() throws Exception {
        JmxServer first = open(MBeanServerFactory.newMBeanServer());
        int port = first.port();
        first.close();
        assertThatThrownBy(() -> LocateRegistry.getRegistry("localhost", port, new SslRMIClientSocketFactory())
                        .list())
                .isInstanceOf(RemoteException.class);
        assertThat(System.getProperty("java.rmi.server.hostname")).isNull();
    }

    @Test
    void a_renewed_certificate_is_taken_and_a_broken_one_is_not() throws Exception {
        Path renewed = Files.copy(keystore, directory.resolve("renewed.p12"));
        Keys keys = new Keys(renewed, password);
        SSLContext before = keys.context();
        assertThat(keys.context()).isSameAs(before);
        Files.setLastModifiedTime(renewed, FileTime.from(Instant.now().plusSeconds(10)));
        SSLContext after = keys.context();
        assertThat(after).isNotSameAs(before);
        Files.writeString(renewed, "nothing of the kind");
        Files.setLastModifiedTime(renewed, FileTime.from(Instant.now().plusSeconds(20)));
        assertThat(keys.context()).isSameAs(after);
        Files.delete(renewed);
        assertThat(keys.context()).isSameAs(after);
    }
}
