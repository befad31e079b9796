package io.dstm.console.internal.http;

import io.dstm.api.config.ConfigHistory;
import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.management.HealthView;
import io.dstm.api.management.NodeView;
import io.dstm.api.management.Page;
import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Prefix;
import io.dstm.console.internal.view.Documents;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/** {@code /dstm/api}: the node as resources to read. Lists are paged; the document {@code openapi.json} describes them. */
@Component(service = Servlet.class)
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern("/api/*")
public final class ApiServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final int DEFAULT_LIMIT = 100;
    private static final String SNAPSHOTS = "/configurations/history/";

    private final transient NodeView node;
    private final transient HealthView health;
    private final transient ConfigHistory configurations;

    /** Serves this node. */
    @Activate
    public ApiServlet(@Reference NodeView node, @Reference HealthView health, @Reference ConfigHistory configurations) {
        this.configurations = configurations;
        this.node = node;
        this.health = health;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo() == null ? "/" : request.getPathInfo();
        try {
            switch (path) {
                case "/", "/openapi.json" -> description(response);
                case "/node" -> Web.json(response, Documents.node(node, health.findings(), Instant.now()));
                case "/health" -> Web.json(response, Documents.health(health.findings()));
                case "/pools" -> Web.json(response, Documents.pools(node));
                case "/leases" -> leases(request, response);
                case "/teps" -> Web.json(response, Documents.teps(node));
                case "/client" -> Web.json(response, Documents.client(node));
                case "/history" -> history(request, response);
                case "/configurations/history" -> Web.json(response, Documents.snapshots(configurations.snapshots()));
                case "/configurations" -> Web.json(response, Documents.configurations(node));
                default -> {
                    if (path.startsWith(SNAPSHOTS)) {
                        towards(path.substring(SNAPSHOTS.length()), response);
                    } else {
                        bindings(path, request, response);
                    }
                }
            }
        } catch (IllegalArgumentException wrong) {
            Web.problem(
                    response, HttpServletResponse.SC_BAD_REQUEST, "Bad Request", String.valueOf(wrong.getMessage()));
        }
    }

    private void leases(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Query query = query(request);
        Web.json(
                response,
                Documents.leases(node.server()
                        .map(server -> server.leases(query))
                        .orElse(new Page<>(List.of(), query.offset(), 0))));
    }

    private void history(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String address = text(request, "address");
        String from = text(request, "from");
        String to = text(request, "to");
        LeaseHistory.Question question = new LeaseHistory.Question(
                address == null ? null : Ipv4Address.parse(address),
                port(request),
                text(request, "client"),
                from == null ? Instant.EPOCH : moment(from),
                to == null ? LeaseHistory.NO_END : moment(to),
                number(request, "offset", 0),
                number(request, "limit", DEFAULT_LIMIT));
        Optional<LeaseHistory> history = node.history();
        try {
            Web.json(
                    response,
                    Documents.history(
                            history.isEmpty()
                                    ? new LeaseHistory.Answer(List.of(), question.offset(), 0)
                                    : history.get().find(question)));
        } catch (LeaseStoreException unable) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_SERVICE_UNAVAILABLE,
                    "Service Unavailable",
                    String.valueOf(unable.getMessage()));
        }
    }

    private static Instant moment(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeParseException wrong) {
            throw new IllegalArgumentException("'" + text + "' is not a time such as 2026-11-21T12:00:00Z", wrong);
        }
    }

    private void towards(String number, HttpServletResponse response) throws IOException {
        int wanted = number.matches("[0-9]{1,9}") ? Integer.parseInt(number) : 0;
        if (configurations.snapshots().stream().noneMatch(snapshot -> snapshot.number() == wanted)) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_NOT_FOUND,
                    "Not Found",
                    "There is no configuration " + number + ".");
        } else {
            Web.json(response, Documents.differences(configurations.towards(wanted)));
        }
    }

    private void bindings(String path, HttpServletRequest request, HttpServletResponse response) throws IOException {
        String[] parts = path.split("/", -1);
        Optional<NodeView.TepView> tep = parts.length == 4 && parts[1].equals("teps") && parts[3].equals("bindings")
                ? node.teps().stream()
                        .filter(there -> there.name().equals(parts[2]))
                        .findFirst()
                : Optional.empty();
        if (tep.isEmpty()) {
            Web.problem(
                    response,
                    HttpServletResponse.SC_NOT_FOUND,
                    "Not Found",
                    "There is no such resource; GET /dstm/api lists those that are.");
        } else {
            Web.json(response, Documents.bindings(tep.get().bindings(query(request))));
        }
    }

    /** The query of a list: {@code client}, {@code address}, {@code port}, {@code offset}, {@code limit}. */
    static Query query(HttpServletRequest request) {
        String client = text(request, "client");
        String address = text(request, "address");
        return new Query(
                client,
                address == null ? null : Ipv4Prefix.parse(address),
                port(request),
                number(request, "offset", 0),
                number(request, "limit", DEFAULT_LIMIT));
    }

    private static @Nullable Integer port(HttpServletRequest request) {
        return text(request, "port") == null ? null : Integer.valueOf(number(request, "port", 0));
    }

    private static @Nullable String text(HttpServletRequest request, String name) {
        String value = request.getParameter(name);
        return value == null || value.isBlank() ? null : value.trim();
    }

    private static int number(HttpServletRequest request, String name, int absent) {
        String value = text(request, name);
        try {
            return value == null ? absent : Integer.parseInt(value);
        } catch (NumberFormatException wrong) {
            throw new IllegalArgumentException(name + " '" + value + "' is not a whole number", wrong);
        }
    }

    private static void description(HttpServletResponse response) throws IOException {
        try (InputStream in = ApiServlet.class.getResourceAsStream("/openapi.json")) {
            if (in == null) {
                throw new IOException("openapi.json is missing in the bundle");
            }
            Web.text(
                    response,
                    HttpServletResponse.SC_OK,
                    "application/json",
                    new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }
}
