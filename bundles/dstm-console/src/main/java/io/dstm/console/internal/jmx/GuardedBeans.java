package io.dstm.console.internal.jmx;

import io.dstm.api.management.Role;
import io.dstm.console.internal.access.JmxRules;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.Set;
import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import org.jspecify.annotations.Nullable;

/**
 * An MBean server in front of another one that lets people do what {@link JmxRules} says of their role. What is not named here
 * nobody may do: beans are not made or removed from afar.
 */
final class GuardedBeans implements InvocationHandler {

    /** Names and descriptions of beans, and what the connector itself needs. No one gets here without a role. */
    private static final Set<String> FREE = Set.of(
            "getMBeanInfo",
            "getObjectInstance",
            "isRegistered",
            "isInstanceOf",
            "getMBeanCount",
            "getDefaultDomain",
            "getDomains",
            "addNotificationListener",
            "removeNotificationListener",
            "getClassLoader",
            "getClassLoaderFor",
            "getClassLoaderRepository",
            "toString",
            "hashCode",
            "equals");

    private final MBeanServer beans;

    private GuardedBeans(MBeanServer beans) {
        this.beans = beans;
    }

    /** That server. */
    static MBeanServer of(MBeanServer beans) {
        return (MBeanServer) Proxy.newProxyInstance(
                GuardedBeans.class.getClassLoader(), new Class<?>[] {MBeanServer.class}, new GuardedBeans(beans));
    }

    @Override
    public @Nullable Object invoke(Object proxy, Method method, @Nullable Object @Nullable [] given) throws Throwable {
        @Nullable Object[] arguments = given == null ? new Object[0] : given;
        switch (method.getName()) {
            case "getAttribute" -> need(JmxRules.toRead(domain(arguments), (String) arguments[1]), arguments);
            case "getAttributes" -> arguments[1] = readable(arguments);
            case "setAttribute" -> needToWrite((Attribute) arguments[1], arguments);
            case "setAttributes" ->
                ((AttributeList) arguments[1]).asList().forEach(attribute -> needToWrite(attribute, arguments));
            case "invoke" -> need(JmxRules.toCall(domain(arguments), (String) arguments[1]), arguments);
            case "queryNames", "queryMBeans" -> {
                // A query asks beans for their attributes; the connector's own, for beans that notify, comes in
                // nobody's name.
                if (arguments[1] != null && Login.serving()) {
                    need(Role.ADMIN, arguments);
                }
            }
            default -> {
                if (!FREE.contains(method.getName())) {
                    throw new SecurityException(method.getName() + " is not possible from afar");
                }
            }
        }
        try {
            return method.invoke(beans, arguments);
        } catch (InvocationTargetException failed) {
            throw failed.getCause();
        }
    }

    private static String domain(@Nullable Object[] arguments) {
        return arguments[0] instanceof ObjectName name ? name.getDomain() : "";
    }

    private static boolean may(Role needed) {
        return Login.served().filter(person -> person.may(needed)).isPresent();
    }

    private static void need(Role needed, @Nullable Object[] arguments) {
        if (!may(needed)) {
            throw new SecurityException(
                    "for " + arguments[1] + " of " + arguments[0] + " the role " + needed.word() + " is needed");
        }
    }

    private static void needToWrite(Attribute attribute, @Nullable Object[] arguments) {
        need(JmxRules.toWrite(domain(arguments), attribute.getName()), arguments);
    }

    /** As JMX has it: what cannot be read is missing in the answer. */
    private static String[] readable(@Nullable Object[] arguments) {
        return arguments[1] instanceof String[] names
                ? Arrays.stream(names)
                        .filter(name -> may(JmxRules.toRead(domain(arguments), name)))
                        .toArray(String[]::new)
                : new String[0];
    }
}
