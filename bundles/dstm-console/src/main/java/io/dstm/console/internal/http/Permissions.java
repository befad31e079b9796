package io.dstm.console.internal.http;

import io.dstm.api.management.Role;
import java.util.Optional;
import java.util.Set;

/** Which role a request needs, by its path and method alone. What is not named here needs the highest. */
final class Permissions {

    private static final Set<String> READING = Set.of("GET", "HEAD", "OPTIONS");

    /** Whether the node works. */
    static final String HEALTHZ = "/healthz";

    /** Whether it is ready. */
    static final String READYZ = "/readyz";

    private Permissions() {}

    /** Whether a path that everybody may ask tells more to those who say who they are. */
    static boolean tellsMoreToPeople(String path) {
        return path.equals(HEALTHZ) || path.equals(READYZ);
    }

    /** Whether the method asks for a change. */
    static boolean changes(String method) {
        return !READING.contains(method);
    }

    /**
     * The role a request needs.
     *
     * @param path below the context, such as {@code /api/leases}
     * @return empty if everybody may: the page itself, which holds no data, the way in, and the two words for load balancers
     */
    static Optional<Role> needed(String path, String method) {
        if (path.startsWith("/api/session")) {
            return Optional.empty();
        }
        if (path.equals("/jolokia") || path.startsWith("/jolokia/")) {
            // Its own restrictor decides about each bean; POST there is also how one reads.
            return Optional.of(Role.VIEWER);
        }
        if (path.startsWith("/api/operations/")) {
            // Each operation asks for its own role; what a viewer may is never among them.
            return Optional.of(changes(method) ? Role.OPERATOR : Role.VIEWER);
        }
        if (path.equals("/api/history") || path.startsWith("/api/configurations/history")) {
            // Names former holders and configurations, as the shell has it.
            return Optional.of(changes(method) ? Role.ADMIN : Role.OPERATOR);
        }
        if (path.equals("/api") || path.startsWith("/api/") || path.equals("/metrics")) {
            return Optional.of(changes(method) ? Role.ADMIN : Role.VIEWER);
        }
        return changes(method) ? Optional.of(Role.ADMIN) : Optional.empty();
    }
}
