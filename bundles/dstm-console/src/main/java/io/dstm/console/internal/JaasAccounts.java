package io.dstm.console.internal;

import io.dstm.api.management.Role;
import io.dstm.console.internal.access.Accounts;
import io.dstm.console.internal.access.Person;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.Subject;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.LoginContext;
import javax.security.auth.login.LoginException;
import org.apache.karaf.jaas.boot.principal.RolePrincipal;

/** The accounts of a realm of Karaf, the same as for its shell and JMX. */
final class JaasAccounts implements Accounts {

    private final String realm;

    /** The accounts of {@code realm}. */
    JaasAccounts(String realm) {
        this.realm = realm;
    }

    @Override
    public Optional<Person> check(String name, String password) {
        Subject subject = new Subject();
        try {
            LoginContext login = new LoginContext(realm, subject, callbacks -> answer(callbacks, name, password));
            login.login();
            Set<String> roles = new HashSet<>();
            subject.getPrincipals(RolePrincipal.class).forEach(role -> roles.add(role.getName()));
            login.logout();
            return Optional.of(new Person(name, Role.highest(roles)));
        } catch (LoginException | RuntimeException refused) {
            // A realm that is broken refuses everybody; the reason is for Karaf's own log.
            return Optional.empty();
        }
    }

    private static void answer(Callback[] callbacks, String name, String password) throws UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof NameCallback asked) {
                asked.setName(name);
            } else if (callback instanceof PasswordCallback asked) {
                asked.setPassword(password.toCharArray());
            } else {
                throw new UnsupportedCallbackException(callback);
            }
        }
    }
}
