package io.dstm.console.internal.http;

import io.dstm.console.internal.access.Person;
import jakarta.servlet.Servlet;
import jakarta.servlet.ServletConfig;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.security.Principal;
import java.security.PrivilegedActionException;
import java.security.PrivilegedExceptionAction;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import javax.security.auth.Subject;
import org.apache.karaf.jaas.boot.principal.ClientPrincipal;
import org.apache.karaf.jaas.boot.principal.RolePrincipal;
import org.apache.karaf.jaas.boot.principal.UserPrincipal;
import org.jolokia.server.core.http.AgentServlet;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/**
 * {@code /dstm/jolokia}: JMX over HTTP. Jolokia lies within this bundle as a library: its own activator, which opens a servlet
 * without a guard while its configuration is not there yet, never runs. Its answers are bounded; long lists have pages.
 */
@Component(
        service = Servlet.class,
        property = {
            "servlet.init.agentContext=/dstm/jolokia",
            "servlet.init.discoveryEnabled=false",
            "servlet.init.allowErrorDetails=false",
            "servlet.init.includeStackTrace=false",
            "servlet.init.debug=false",
            "servlet.init.includeRequest=true",
            "servlet.init.canonicalNaming=true",
            "servlet.init.listCache=false",
            "servlet.init.maxDepth=10",
            "servlet.init.maxCollectionSize=10000",
            "servlet.init.maxObjects=200000"
        })
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern("/jolokia/*")
public final class JolokiaServlet extends AgentServlet {

    private static final long serialVersionUID = 1;

    private final transient RoleRestrictor restrictor;

    /** With a restrictor by role. */
    public JolokiaServlet() {
        this(new RoleRestrictor());
    }

    private JolokiaServlet(RoleRestrictor restrictor) {
        super(restrictor);
        this.restrictor = restrictor;
    }

    @Override
    public void init(ServletConfig config) throws ServletException {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(JolokiaServlet.class.getClassLoader());
        try {
            super.init(config);
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    @Override
    @SuppressWarnings("removal") // Until Java offers another way that works on 17 (Subject.callAs is of 18).
    protected void service(HttpServletRequest request, HttpServletResponse response)
            throws ServletException, IOException {
        Optional<Person> person = Web.person(request);
        if (person.isEmpty()) {
            Web.problem(response, HttpServletResponse.SC_UNAUTHORIZED, "Unauthorized", "Log in first.");
            return;
        }
        if (request.getMethod().equals("GET") && changesByLink(request)) {
            response.setHeader("Allow", "POST");
            Web.problem(
                    response,
                    HttpServletResponse.SC_METHOD_NOT_ALLOWED,
                    "Method Not Allowed",
                    "exec and write need POST, so that no link can do them.");
            return;
        }
        restrictor.enter(person.get());
        try {
            Subject.doAs(
                    subject(person.get(), request.getRemoteAddr()), (PrivilegedExceptionAction<@Nullable Void>) () -> {
                        super.service(request, response);
                        return null;
                    });
        } catch (PrivilegedActionException failed) {
            if (failed.getException() instanceof IOException io) {
                throw io;
            }
            throw new ServletException(failed.getException());
        } finally {
            restrictor.leave();
        }
    }

    private static boolean changesByLink(HttpServletRequest request) {
        return changes(request.getPathInfo()) || changes(request.getParameter("p"));
    }

    private static boolean changes(@Nullable String path) {
        return path != null && path.matches("/*(exec|write|notification)(/.*)?");
    }

    /** Who asks, as the beans see it. */
    private static Subject subject(Person person, String address) {
        Set<Principal> principals = new HashSet<>();
        principals.add(new UserPrincipal(person.name()));
        principals.add(new ClientPrincipal("jolokia", address));
        person.role().ifPresent(role -> principals.add(new RolePrincipal(role.word())));
        return new Subject(true, principals, Set.of(), Set.of());
    }
}
