package io.dstm.console.internal.http;

import io.dstm.console.internal.access.Person;
import io.dstm.console.internal.access.Verdict;
import io.dstm.console.internal.view.Documents;
import io.dstm.console.internal.view.JsonText;
import jakarta.servlet.http.Cookie;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What all servlets of the door share. */
final class Web {

    /** The name of the whiteboard context and the path of everything. */
    static final String CONTEXT = "dstm";

    /** How servlets select it. */
    static final String SELECT = "(osgi.http.whiteboard.context.name=" + CONTEXT + ")";

    /** A header that a page of another site cannot send with a request, whatever cookies it rides on. */
    static final String OURS = "X-DSTM";

    /** The cookie of a session. */
    static final String COOKIE = "dstm-session";

    private static final String PERSON = Web.class.getName() + ".person";

    private Web() {}

    /** Remembers who sent the request. */
    static void person(HttpServletRequest request, Person person) {
        request.setAttribute(PERSON, person);
    }

    /** Who sent the request; empty where everybody may. */
    static Optional<Person> person(HttpServletRequest request) {
        return request.getAttribute(PERSON) instanceof Person person ? Optional.of(person) : Optional.empty();
    }

    /** The token of the session; {@code null} if there is none. */
    static @Nullable String token(HttpServletRequest request) {
        Cookie[] cookies = request.getCookies();
        if (cookies != null) {
            for (Cookie cookie : cookies) {
                if (cookie.getName().equals(COOKIE)) {
                    return cookie.getValue();
                }
            }
        }
        return null;
    }

    /** Sets the cookie of a session, or takes it away. */
    static void cookie(HttpServletRequest request, HttpServletResponse response, @Nullable String token) {
        Cookie cookie = new Cookie(COOKIE, token == null ? "" : token);
        cookie.setHttpOnly(true);
        cookie.setSecure(request.isSecure());
        cookie.setPath("/" + CONTEXT);
        cookie.setAttribute("SameSite", "Strict");
        if (token == null) {
            cookie.setMaxAge(0);
        }
        response.addCookie(cookie);
    }

    /** Answers with a document. */
    static void json(HttpServletResponse response, JsonText.Document document) throws IOException {
        response.setContentType("application/json");
        response.setCharacterEncoding(StandardCharsets.UTF_8.name());
        JsonText.write(response.getWriter(), document);
    }

    /** Answers with an error (RFC 9457). */
    static void problem(HttpServletResponse response, int status, String title, String detail) throws IOException {
        response.setStatus(status);
        response.setContentType("application/problem+json");
        response.setCharacterEncoding(StandardCharsets.UTF_8.name());
        JsonText.write(response.getWriter(), Documents.problem(status, title, detail));
    }

    /** Answers that too many passwords were wrong. */
    static void tooMany(HttpServletResponse response, Verdict.Wait wait) throws IOException {
        response.setHeader("Retry-After", Long.toString(wait.waitSeconds()));
        problem(
                response,
                429,
                "Too Many Requests",
                "Too many wrong passwords. Try again in " + wait.waitSeconds() + " seconds.");
    }

    /** Answers with a text. */
    static void text(HttpServletResponse response, int status, String type, String text) throws IOException {
        response.setStatus(status);
        response.setContentType(type);
        response.setCharacterEncoding(StandardCharsets.UTF_8.name());
        response.getWriter().write(text);
    }
}
