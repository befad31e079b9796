package io.dstm.console.internal.access;

import io.dstm.api.management.Role;
import java.util.Map;
import java.util.Set;

/**
 * Which role JMX needs, bean by bean. The files {@code etc/jmx.acl.io.dstm*.cfg} say the same for JMX over RMI, and a test compares
 * them. What is not named here is for admins.
 */
public final class JmxRules {

    /** The domain of our beans. */
    public static final String DOMAIN = "io.dstm";

    /** Operations of our beans that are not for admins alone. */
    public static final Map<String, Role> OPERATIONS = Map.ofEntries(
            Map.entry("leases", Role.VIEWER),
            Map.entry("findLeases", Role.VIEWER),
            Map.entry("findLeasesByPort", Role.VIEWER),
            Map.entry("bindings", Role.VIEWER),
            Map.entry("findBindings", Role.VIEWER),
            Map.entry("history", Role.OPERATOR),
            Map.entry("call", Role.OPERATOR),
            Map.entry("withdraw", Role.OPERATOR),
            Map.entry("revoke", Role.OPERATOR),
            Map.entry("release", Role.OPERATOR),
            Map.entry("resync", Role.OPERATOR),
            Map.entry("exportLeases", Role.OPERATOR),
            Map.entry("setSingleLeaseEvents", Role.OPERATOR));

    /** They may show what was given to the process in confidence. */
    private static final Set<String> CONFIDENTIAL =
            Set.of("SystemProperties", "InputArguments", "ClassPath", "LibraryPath", "BootClassPath");

    private JmxRules() {}

    /** The role that reading an attribute needs. */
    public static Role toRead(String domain, String attribute) {
        return domain.equals(DOMAIN) || domain.equals("java.lang") && !CONFIDENTIAL.contains(attribute)
                ? Role.VIEWER
                : Role.ADMIN;
    }

    /** The role that writing an attribute needs. */
    public static Role toWrite(String domain, String attribute) {
        return toCall(domain, "set" + attribute);
    }

    /** The role that an operation needs, its name with or without a signature. */
    public static Role toCall(String domain, String operation) {
        int bracket = operation.indexOf('(');
        String name = bracket < 0 ? operation : operation.substring(0, bracket);
        return domain.equals(DOMAIN) ? OPERATIONS.getOrDefault(name, Role.ADMIN) : Role.ADMIN;
    }
}
