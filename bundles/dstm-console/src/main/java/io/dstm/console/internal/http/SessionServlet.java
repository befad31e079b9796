package io.dstm.console.internal.http;

import io.dstm.api.management.Role;
import io.dstm.console.internal.GuardComponent;
import io.dstm.console.internal.access.Guard;
import io.dstm.console.internal.access.Person;
import io.dstm.console.internal.access.Sessions;
import io.dstm.console.internal.access.Verdict;
import io.dstm.console.internal.view.JsonText;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/** {@code /dstm/api/session}: POST logs in, GET says who is logged in, DELETE logs out. */
@Component(service = Servlet.class)
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern("/api/session")
public final class SessionServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final int LONGEST_BODY = 4096;

    private final transient Guard guard;
    private final transient Sessions sessions;

    /** Logs people in who pass this guard. */
    @Activate
    public SessionServlet(@Reference GuardComponent guard) {
        this.guard = guard.guard();
        this.sessions = guard.sessions();
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String token = Web.token(request);
        Optional<Person> person = Optional.ofNullable(token).flatMap(sessions::find);
        if (person.isEmpty()) {
            Web.problem(response, HttpServletResponse.SC_UNAUTHORIZED, "Unauthorized", "Nobody is logged in.");
        } else {
            show(response, person.get());
        }
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (request.getHeader(Web.OURS) == null) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_FORBIDDEN,
                    "Forbidden",
                    "To log in needs the header " + Web.OURS + ".");
            return;
        }
        byte[] body = request.getInputStream().readNBytes(LONGEST_BODY);
        Map<String, String> members = JsonText.readTexts(body);
        String name = members == null ? null : members.get("name");
        String password = members == null ? null : members.get("password");
        if (name == null || password == null) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_BAD_REQUEST,
                    "Bad Request",
                    "The body is an object with the texts 'name' and 'password'.");
            return;
        }
        Verdict verdict = guard.logIn(request.getRemoteAddr(), name, password);
        if (verdict instanceof Verdict.Wait wait) {
            Web.tooMany(response, wait);
        } else if (!(verdict instanceof Verdict.Welcome welcome)) {
            Web.problem(response, HttpServletResponse.SC_UNAUTHORIZED, "Unauthorized", "Name or password is wrong.");
        } else if (welcome.person().role().isEmpty()) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_FORBIDDEN,
                    "Forbidden",
                    "You have none of the roles viewer, operator and admin.");
        } else {
            Web.cookie(request, response, sessions.begin(welcome.person()));
            show(response, welcome.person());
        }
    }

    @Override
    protected void doDelete(HttpServletRequest request, HttpServletResponse response) {
        String token = Web.token(request);
        if (token != null && request.getHeader(Web.OURS) != null) {
            sessions.end(token);
        }
        Web.cookie(request, response, null);
        response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }

    private static void show(HttpServletResponse response, Person person) throws IOException {
        Web.json(response, json -> {
            json.writeStartObject();
            json.writeStringField("name", person.name());
            json.writeStringField("role", person.role().map(Role::word).orElse(""));
            json.writeEndObject();
        });
    }
}
