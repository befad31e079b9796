package io.dstm.console.internal.http;

import io.dstm.api.management.Caller;
import io.dstm.api.management.Operations;
import io.dstm.api.management.Operations.Outcome;
import io.dstm.api.management.Order;
import io.dstm.console.internal.access.Person;
import io.dstm.console.internal.view.Documents;
import io.dstm.console.internal.view.JsonText;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/** {@code POST /dstm/api/operations/NAME}: changes the node in the name of who is logged in; the arguments are an object in the body. */
@Component(service = Servlet.class)
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern("/api/operations/*")
public final class OperationsServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final int LONGEST_BODY = 4096;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final transient Operations operations;

    /** Changes this node. */
    @Activate
    public OperationsServlet(@Reference Operations operations) {
        this.operations = operations;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Optional<Person> person = Web.person(request);
        if (person.isEmpty()) {
            Web.problem(response, HttpServletResponse.SC_UNAUTHORIZED, "Unauthorized", "Log in first.");
            return;
        }
        byte[] body = request.getInputStream().readNBytes(LONGEST_BODY);
        Map<String, String> arguments = body.length == 0 ? Map.of() : JsonText.readScalars(body);
        if (arguments == null) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_BAD_REQUEST,
                    "Bad Request",
                    "The body is an object of texts, numbers and truth values.");
            return;
        }
        String path = request.getPathInfo() == null ? "/" : request.getPathInfo();
        Order order;
        try {
            order = Order.parse(path.substring(1), arguments);
        } catch (IllegalArgumentException wrong) {
            Web.problem(
                    response, HttpServletResponse.SC_BAD_REQUEST, "Bad Request", String.valueOf(wrong.getMessage()));
            return;
        }
        Caller caller = new Caller(person.get().name(), person.get().role(), "rest", request.getRemoteAddr());
        try {
            answer(
                    response,
                    operations
                            .perform(caller, order, PATIENCE)
                            .toCompletableFuture()
                            .get());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            response.setStatus(HttpServletResponse.SC_ACCEPTED);
        } catch (ExecutionException defect) {
            throw new IOException(defect.getCause());
        }
    }

    private static void answer(HttpServletResponse response, Outcome outcome) throws IOException {
        switch (outcome.result()) {
            case DONE, NOTHING -> Web.json(response, Documents.outcome(outcome));
            case PENDING -> {
                response.setStatus(HttpServletResponse.SC_ACCEPTED);
                Web.json(response, Documents.outcome(outcome));
            }
            case FORBIDDEN -> Web.problem(response, HttpServletResponse.SC_FORBIDDEN, "Forbidden", outcome.sentence());
            case REFUSED -> Web.problem(response, HttpServletResponse.SC_CONFLICT, "Conflict", outcome.sentence());
            default -> Web.problem(response, HttpServletResponse.SC_BAD_GATEWAY, "Bad Gateway", outcome.sentence());
        }
    }
}
