package io.dstm.console.internal.http;

import io.dstm.api.management.HealthView;
import io.dstm.api.management.HealthView.Finding;
import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/**
 * {@code /dstm/healthz} and {@code /dstm/readyz}: 200 or 503 and one word for load balancers and supervisors, which have no
 * password; a sentence and an advice for each thing that is wrong for people with a role.
 */
@Component(service = Servlet.class)
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern({Permissions.HEALTHZ, Permissions.READYZ})
public final class HealthServlet extends HttpServlet {

    private static final long serialVersionUID = 1;

    private final transient HealthView health;

    /** Judges by this view. */
    @Activate
    public HealthServlet(@Reference HealthView health) {
        this.health = health;
    }

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        List<Finding> findings = health.findings();
        boolean good = request.getServletPath().equals(Permissions.READYZ)
                ? HealthView.ready(findings)
                : HealthView.healthy(findings);
        StringBuilder text = new StringBuilder(good ? "ok\n" : "failing\n");
        if (Web.person(request).isPresent()) {
            for (Finding finding : findings) {
                text.append(finding.severity().word())
                        .append(": ")
                        .append(finding.subject())
                        .append(": ")
                        .append(finding.sentence())
                        .append(' ')
                        .append(finding.advice())
                        .append('\n');
            }
        }
        Web.text(
                response,
                good ? HttpServletResponse.SC_OK : HttpServletResponse.SC_SERVICE_UNAVAILABLE,
                "text/plain",
                text.toString());
    }
}
