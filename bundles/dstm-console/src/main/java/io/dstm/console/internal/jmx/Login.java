package io.dstm.console.internal.jmx;

import io.dstm.console.internal.access.Guard;
import io.dstm.console.internal.access.Person;
import io.dstm.console.internal.access.Verdict;
import java.rmi.server.RemoteServer;
import java.rmi.server.ServerNotActiveException;
import java.security.AccessController;
import java.security.Principal;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import javax.management.remote.JMXAuthenticator;
import javax.security.auth.Subject;
import org.apache.karaf.jaas.boot.principal.ClientPrincipal;
import org.apache.karaf.jaas.boot.principal.RolePrincipal;
import org.apache.karaf.jaas.boot.principal.UserPrincipal;
import org.jspecify.annotations.Nullable;

/** Asks the guard about whoever connects, and remembers with the connection who that was. People without a role do not get in. */
final class Login implements JMXAuthenticator {

    private final Guard guard;

    Login(Guard guard) {
        this.guard = guard;
    }

    /**
     * A person whom the guard knows. Not serializable, and that is the point: a client may send any subject and say that it acts in
     * the name of that, but it cannot put one of these into it.
     */
    private record Known(Person person) implements Principal {
        @Override
        public String getName() {
            return person.name();
        }
    }

    @Override
    public Subject authenticate(Object credentials) {
        if (!(credentials instanceof String[] pair) || pair.length != 2 || pair[0] == null || pair[1] == null) {
            throw new SecurityException("a name and a password are needed");
        }
        String address = address();
        Verdict verdict = guard.logIn(address, pair[0], pair[1]);
        if (verdict instanceof Verdict.Wait wait) {
            throw new SecurityException("too many wrong passwords; wait " + wait.waitSeconds() + " s");
        }
        if (!(verdict instanceof Verdict.Welcome welcome)) {
            throw new SecurityException("unknown name, or another password");
        }
        Person person = welcome.person();
        if (person.role().isEmpty()) {
            throw new SecurityException(person.name() + " has no role here");
        }
        Set<Principal> principals = new HashSet<>();
        principals.add(new Known(person));
        principals.add(new UserPrincipal(person.name()));
        principals.add(new ClientPrincipal("jmx", address));
        person.role().ifPresent(role -> principals.add(new RolePrincipal(role.word())));
        return new Subject(true, principals, Set.of(), Set.of());
    }

    private static String address() {
        try {
            return RemoteServer.getClientHost();
        } catch (ServerNotActiveException notOverRmi) {
            return "unknown";
        }
    }

    /** Whether this thread serves somebody at all, rather than the connector itself. */
    static boolean serving() {
        return subject() != null;
    }

    /** Whom this thread serves; empty if that is nobody who came by here. */
    static Optional<Person> served() {
        Subject subject = subject();
        return subject == null
                ? Optional.empty()
                : subject.getPrincipals(Known.class).stream().map(Known::person).findFirst();
    }

    @SuppressWarnings("removal") // Until Java offers another way that works on 17 (Subject.current is of 18).
    private static @Nullable Subject subject() {
        return Subject.getSubject(AccessController.getContext());
    }
}
