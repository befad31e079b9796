package io.dstm.api.management;

import java.security.Principal;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.Subject;

/**
 * Who asks for something.
 *
 * @param name the name in the realm
 * @param role what this person may do; empty for people without a role here
 * @param door the door they came by: {@code shell}, {@code jmx}, {@code jolokia} or {@code rest}
 * @param from the address they came from, or where on this machine
 */
public record Caller(String name, Optional<Role> role, String door, String from) {

    /** Whether this person may do what {@code needed} may. */
    public boolean may(Role needed) {
        return role.filter(own -> own.includes(needed)).isPresent();
    }

    /**
     * The person that Karaf's login modules have described.
     *
     * @return empty if the subject names nobody
     */
    public static Optional<Caller> of(Subject subject, String door) {
        String name = "";
        String from = "this machine";
        Set<String> roles = new HashSet<>();
        for (Principal principal : subject.getPrincipals()) {
            // By their names: the language of the domain knows no Karaf.
            switch (principal.getClass().getSimpleName()) {
                case "UserPrincipal" -> name = principal.getName();
                case "RolePrincipal" -> roles.add(principal.getName());
                case "ClientPrincipal" -> from = address(principal.getName());
                default -> {
                    // Groups have become roles already.
                }
            }
        }
        return name.isEmpty() ? Optional.empty() : Optional.of(new Caller(name, Role.highest(roles), door, from));
    }

    /** Of {@code ssh(/192.0.2.1:4711)} what stands in the brackets. */
    private static String address(String text) {
        int open = text.indexOf('(');
        String inner = open >= 0 && text.endsWith(")") ? text.substring(open + 1, text.length() - 1) : text;
        return inner.startsWith("/") ? inner.substring(1) : inner;
    }
}
