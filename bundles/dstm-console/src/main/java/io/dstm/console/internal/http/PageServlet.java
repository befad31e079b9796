package io.dstm.console.internal.http;

import jakarta.servlet.Servlet;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardContextSelect;
import org.osgi.service.servlet.whiteboard.propertytypes.HttpWhiteboardServletPattern;

/** The files of the dashboard. They hold no data and are the same for everybody. */
@Component(service = Servlet.class)
@HttpWhiteboardContextSelect(Web.SELECT)
@HttpWhiteboardServletPattern("/*")
public final class PageServlet extends HttpServlet {

    private static final long serialVersionUID = 1;
    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html;charset=utf-8",
            "js", "text/javascript;charset=utf-8",
            "css", "text/css;charset=utf-8",
            "svg", "image/svg+xml");

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {
        String path = request.getPathInfo();
        if (path == null) {
            response.sendRedirect(request.getContextPath() + "/");
            return;
        }
        String name = path.equals("/") ? "index.html" : path.substring(1);
        String type = name.matches("[a-z-]+\\.[a-z]+") ? TYPES.get(name.substring(name.indexOf('.') + 1)) : null;
        try (InputStream file = type == null ? null : PageServlet.class.getResourceAsStream("/static/" + name)) {
            if (file == null || type == null) {
                Web.problem(
                        response, HttpServletResponse.SC_NOT_FOUND, "Not Found", "There is no such page; try /dstm/.");
                return;
            }
            response.setHeader("Cache-Control", "no-cache");
            response.setContentType(type);
            file.transferTo(response.getOutputStream());
        }
    }
}
