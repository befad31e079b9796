package io.dstm.console.internal.http;

import io.dstm.api.management.Role;
import io.dstm.console.internal.access.JmxRules;
import io.dstm.console.internal.access.Person;
import javax.management.ObjectName;
import org.jolokia.server.core.service.api.Restrictor;
import org.jolokia.server.core.util.HttpMethod;
import org.jolokia.server.core.util.RequestType;
import org.jspecify.annotations.Nullable;

/** Tells Jolokia what the person whose request this thread serves may do; on other threads nobody may do anything. */
final class RoleRestrictor implements Restrictor {

    private static final ThreadLocal<@Nullable Person> SERVED = new ThreadLocal<>();

    /** From here to {@link #leave} this thread serves a person. */
    void enter(Person person) {
        SERVED.set(person);
    }

    /** This thread serves nobody any longer. */
    void leave() {
        SERVED.remove();
    }

    private boolean may(Role needed) {
        Person person = SERVED.get();
        return person != null && person.may(needed);
    }

    @Override
    public boolean isHttpMethodAllowed(HttpMethod method) {
        return method == HttpMethod.GET || method == HttpMethod.POST;
    }

    @Override
    public boolean isTypeAllowed(RequestType type) {
        return switch (type) {
            case READ, WRITE, EXEC, LIST, SEARCH, VERSION -> may(Role.VIEWER);
            default -> false;
        };
    }

    @Override
    public boolean isAttributeReadAllowed(ObjectName name, String attribute) {
        return may(JmxRules.toRead(name.getDomain(), attribute));
    }

    @Override
    public boolean isAttributeWriteAllowed(ObjectName name, String attribute) {
        return may(JmxRules.toWrite(name.getDomain(), attribute));
    }

    @Override
    public boolean isOperationAllowed(ObjectName name, String operation) {
        return may(JmxRules.toCall(name.getDomain(), operation));
    }

    @Override
    public boolean isRemoteAccessAllowed(String... hosts) {
        return true; // The guard of the door has seen to that.
    }

    @Override
    public boolean isOriginAllowed(@Nullable String origin, boolean strict) {
        return origin == null; // Pages of other sites have nothing to ask here; ours does not ask.
    }

    @Override
    public boolean isObjectNameHidden(ObjectName name) {
        return false;
    }
}
