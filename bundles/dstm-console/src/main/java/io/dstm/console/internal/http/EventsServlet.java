package io.dstm.console.internal.http;

import io.dstm.api.management.HealthView;
import io.dstm.api.management.NodeView;
import io.dstm.console.internal.view.Documents;
import io.dstm.console.internal.view.JsonText;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletAsyncSupported;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/**
 * {@code /dstm/api/events}: the short view of the node every two seconds as server-sent events. It is made once for all listeners,
 * and a listener that is slow misses some. A stream ends after some minutes, so that the browser comes again and is asked anew who
 * it is.
 */
@Component(service = Servlet.class)
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern("/api/events")
@HttpWhiteboardServletAsyncSupported
public final class EventsServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final long PERIOD_SECONDS = 2;
    private static final long LENGTH_MILLIS = TimeUnit.MINUTES.toMillis(5);
    private static final int MOST_LISTENERS = 100;

    private final transient NodeView node;
    private final transient HealthView health;
    private final transient Set<EventStream> streams = ConcurrentHashMap.newKeySet();
    private final transient ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "dstm-console-events");
        thread.setDaemon(true);
        return thread;
    });

    private final transient Future<?> rounds;

    /** Tells of this node. */
    @Activate
    public EventsServlet(@Reference NodeView node, @Reference HealthView health) {
        this.node = node;
        this.health = health;
        rounds = clock.scheduleWithFixedDelay(this::tell, PERIOD_SECONDS, PERIOD_SECONDS, TimeUnit.SECONDS);
    }

    /** Ends every stream. */
    @Deactivate
    void stop() {
        rounds.cancel(false);
        clock.shutdownNow();
        streams.forEach(EventStream::end);
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (streams.size() >= MOST_LISTENERS) {
            response.setHeader("Retry-After", "10");
            Web.problem(
                    response,
                    HttpServletResponse.SC_SERVICE_UNAVAILABLE,
                    "Service Unavailable",
                    "Too many listen already.");
            return;
        }
        response.setContentType("text/event-stream");
        response.setCharacterEncoding(StandardCharsets.UTF_8.name());
        AsyncContext context = request.startAsync();
        context.setTimeout(LENGTH_MILLIS);
        EventStream stream = new EventStream(context, streams::remove);
        streams.add(stream);
        stream.begin(event());
    }

    private byte[] event() {
        String text = JsonText.text(Documents.node(node, health.findings(), Instant.now()));
        return ("data: " + text + "\n\n").getBytes(StandardCharsets.UTF_8);
    }

    private void tell() {
        if (streams.isEmpty()) {
            return;
        }
        try {
            byte[] event = event();
            streams.forEach(stream -> stream.send(event));
        } catch (RuntimeException roleLeft) {
            // A role went away in the middle of the view; the next round sees the node without it.
            streams.removeIf(EventStream::ended);
        }
    }
}
