package io.dstm.console.internal.http;

import io.dstm.api.management.Role;
import io.dstm.console.internal.GuardComponent;
import io.dstm.console.internal.access.Guard;
import io.dstm.console.internal.access.Verdict;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ServiceScope;
import org.osgi.service.servlet.context.ServletContextHelper;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContext;

/** The context of all servlets: no request reaches one of them past the guard. */
@Component(service = ServletContextHelper.class, scope = ServiceScope.BUNDLE)
@HttpWhiteboardContext(name = Web.CONTEXT, path = "/" + Web.CONTEXT)
public final class Door extends ServletContextHelper {

    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
                    + " connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Guard guard;

    /** A door with this guard. */
    @Activate
    public Door(@Reference GuardComponent guard) {
        this.guard = guard.guard();
    }

    @Override
    public boolean handleSecurity(HttpServletRequest request, HttpServletResponse response) throws IOException {
        response.setHeader("Content-Security-Policy", POLICY);
        response.setHeader("X-Content-Type-Options", "nosniff");
        response.setHeader("X-Frame-Options", "DENY");
        response.setHeader("Referrer-Policy", "no-referrer");
        response.setHeader("Cache-Control", "no-store");
        String path = request.getServletPath() + (request.getPathInfo() == null ? "" : request.getPathInfo());
        Optional<Role> needed = Permissions.needed(path, request.getMethod());
        boolean known = request.getHeader("Authorization") != null || Web.token(request) != null;
        if (needed.isEmpty() && !(known && Permissions.tellsMoreToPeople(path))) {
            return true;
        }
        Verdict verdict = guard.judge(
                new Guard.Request(
                        request.getRemoteAddr(),
                        request.getHeader("Authorization"),
                        Web.token(request),
                        Permissions.changes(request.getMethod()),
                        request.getHeader(Web.OURS) != null),
                needed.orElse(Role.VIEWER));
        if (verdict instanceof Verdict.Welcome welcome) {
            Web.person(request, welcome.person());
            request.setAttribute(REMOTE_USER, welcome.person().name());
            request.setAttribute(AUTHENTICATION_TYPE, HttpServletRequest.BASIC_AUTH);
            return true;
        }
        if (needed.isEmpty()) {
            return true;
        }
        refuse(request, response, verdict);
        return false;
    }

    private static void refuse(HttpServletRequest request, HttpServletResponse response, Verdict verdict)
            throws IOException {
        if (verdict instanceof Verdict.Forbidden forbidden) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_FORBIDDEN,
                    "Forbidden",
                    "This needs the role " + forbidden.needed().word() + ".");
        } else if (verdict instanceof Verdict.Forged) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_FORBIDDEN,
                    "Forbidden",
                    "A change over a session needs the header " + Web.OURS + ".");
        } else if (verdict instanceof Verdict.Wait wait) {
            Web.tooMany(response, wait);
        } else {
            if (request.getHeader(Web.OURS) == null) {
                // A page of ours asks by itself; with this header the browser would ask in its place.
                response.setHeader("WWW-Authenticate", "Basic realm=\"DSTM\", charset=\"UTF-8\"");
            }
            Web.problem(response, HttpServletResponse.SC_UNAUTHORIZED, "Unauthorized", "Log in first.");
        }
    }
}
