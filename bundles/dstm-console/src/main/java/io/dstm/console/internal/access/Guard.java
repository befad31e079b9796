package io.dstm.console.internal.access;

import io.dstm.api.management.Role;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides about each request before any servlet sees it. A browser has a session, programs send their password with each request
 * (RFC 7617). Two names tell the same story everywhere: {@code 401} nobody known, {@code 403} known but not allowed.
 */
public final class Guard {

    private static final String BASIC = "basic ";

    private final Accounts accounts;
    private final Attempts attempts;
    private final Sessions sessions;

    /** A guard of these accounts. */
    public Guard(Accounts accounts, Attempts attempts, Sessions sessions) {
        this.accounts = accounts;
        this.attempts = attempts;
        this.sessions = sessions;
    }

    /**
     * What the guard has to know of a request.
     *
     * @param address where it comes from
     * @param authorization the header of that name
     * @param session the token of the session
     * @param changes whether the request asks for a change
     * @param ours whether it carries the header that only pages of ours can send
     */
    public record Request(
            String address,
            @Nullable String authorization,
            @Nullable String session,
            boolean changes,
            boolean ours) {}

    /** Whether the request may do what {@code needed} may. */
    public Verdict judge(Request request, Role needed) {
        Person person;
        if (request.authorization() != null) {
            Optional<String[]> credentials = credentials(request.authorization());
            if (credentials.isEmpty()) {
                return new Verdict.Unknown();
            }
            Verdict login =
                    logIn(request.address(), credentials.get()[0], credentials.get()[1]);
            if (!(login instanceof Verdict.Welcome welcome)) {
                return login;
            }
            person = welcome.person();
        } else {
            Optional<Person> known = Optional.ofNullable(request.session()).flatMap(sessions::find);
            if (known.isEmpty()) {
                return new Verdict.Unknown();
            }
            if (request.changes() && !request.ours()) {
                return new Verdict.Forged();
            }
            person = known.get();
        }
        return person.may(needed) ? new Verdict.Welcome(person) : new Verdict.Forbidden(person, needed);
    }

    /** Checks a password. */
    public Verdict logIn(String address, String name, String password) {
        long wait = attempts.waitSeconds(address);
        if (wait > 0) {
            return new Verdict.Wait(wait);
        }
        Optional<Person> person = accounts.check(name, password);
        if (person.isEmpty()) {
            attempts.failed(address);
            return new Verdict.Unknown();
        }
        attempts.succeeded(address);
        return new Verdict.Welcome(person.get());
    }

    private static Optional<String[]> credentials(String header) {
        if (!header.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            return Optional.empty();
        }
        try {
            String text = new String(
                    Base64.getDecoder().decode(header.substring(BASIC.length()).trim()), StandardCharsets.UTF_8);
            int colon = text.indexOf(':');
            return colon < 0
                    ? Optional.empty()
                    : Optional.of(new String[] {text.substring(0, colon), text.substring(colon + 1)});
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }
}
