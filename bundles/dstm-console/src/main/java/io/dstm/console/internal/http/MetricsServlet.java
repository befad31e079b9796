package io.dstm.console.internal.http;

import io.dstm.api.management.HealthView;
import io.dstm.api.management.NodeView;
import io.dstm.console.internal.view.Metrics;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/** {@code /dstm/metrics} for Prometheus. */
@Component(service = Servlet.class)
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern("/metrics")
public final class MetricsServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private final transient NodeView node;
    private final transient HealthView health;

    /** Measures this node. */
    @Activate
    public MetricsServlet(@Reference NodeView node, @Reference HealthView health) {
        this.node = node;
        this.health = health;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Web.text(response, HttpServletResponse.SC_OK, Metrics.TYPE, Metrics.of(node, health.findings()));
    }
}
