package io.dstm.console.internal.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.management.Role;
import io.dstm.console.internal.access.Verdict.Forbidden;
import io.dstm.console.internal.access.Verdict.Forged;
import io.dstm.console.internal.access.Verdict.Unknown;
import io.dstm.console.internal.access.Verdict.Wait;
import io.dstm.console.internal.access.Verdict.Welcome;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuardTest {

    private static final String HERE = "2001:db8::7";
    private static final Person VERA = new Person("vera", Optional.of(Role.VIEWER));
    private static final Person OTTO = new Person("otto", Optional.of(Role.OPERATOR));
    private static final Person ADA = new Person("ada", Optional.of(Role.ADMIN));
    private static final Person NOBODY = new Person("norole", Optional.empty());

    private final AtomicLong clock = new AtomicLong(1_000_000);
    private final Attempts attempts = new Attempts(clock::get, 3, 60_000);
    private final Sessions sessions = new Sessions(clock::get, 1_000, 5_000);
    private final Guard guard = new Guard(GuardTest::check, attempts, sessions);

    private static Optional<Person> check(String name, String password) {
        return password.equals("right:" + name)
                ? switch (name) {
                    case "vera" -> Optional.of(VERA);
                    case "otto" -> Optional.of(OTTO);
                    case "ada" -> Optional.of(ADA);
                    case "norole" -> Optional.of(NOBODY);
                    default -> Optional.empty();
                }
                : Optional.empty();
    }

    private static String basic(String credentials) {
        return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    private Verdict with(String authorization, Role needed) {
        return guard.judge(new Guard.Request(HERE, authorization, null, false, false), needed);
    }

    private Verdict over(String session, boolean changes, boolean ours, Role needed) {
        return guard.judge(new Guard.Request(HERE, null, session, changes, ours), needed);
    }

    @ParameterizedTest
    @CsvSource({
        "vera, VIEWER, true", "vera, OPERATOR, false", "vera, ADMIN, false",
        "otto, VIEWER, true", "otto, OPERATOR, true", "otto, ADMIN, false",
        "ada, VIEWER, true", "ada, OPERATOR, true", "ada, ADMIN, true",
        "norole, VIEWER, false"
    })
    void lets_a_role_do_what_it_includes(String name, Role needed, boolean may) {
        Verdict verdict = with(basic(name + ":right:" + name), needed);
        assertThat(verdict).isInstanceOf(may ? Welcome.class : Forbidden.class);
    }

    @Test
    void nobody_comes_in_without_a_name() {
        assertThat(with(null, Role.VIEWER)).isInstanceOf(Unknown.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "Basic", "Basic ", "Basic !!!", "Basic dmVyYQ==", "Bearer abc", "Digest x", "Basic =", "\\0"
            })
    void a_header_that_is_none_is_nobody(String header) {
        assertThat(with(header, Role.VIEWER)).isInstanceOf(Unknown.class);
    }

    @Test
    void a_wrong_header_is_not_saved_by_a_session() {
        String token = sessions.begin(ADA);
        assertThat(guard.judge(new Guard.Request(HERE, basic("ada:wrong"), token, false, true), Role.VIEWER))
                .isInstanceOf(Unknown.class);
    }

    @Test
    void a_session_reads_and_changes_only_from_our_page() {
        String token = sessions.begin(OTTO);
        assertThat(over(token, false, false, Role.VIEWER)).isEqualTo(new Welcome(OTTO));
        assertThat(over(token, true, true, Role.OPERATOR)).isEqualTo(new Welcome(OTTO));
        assertThat(over(token, true, false, Role.OPERATOR)).isInstanceOf(Forged.class);
        assertThat(over(token, true, true, Role.ADMIN)).isInstanceOf(Forbidden.class);
        assertThat(over(token + "x", false, false, Role.VIEWER)).isInstanceOf(Unknown.class);
    }

    @Test
    void a_session_ends_by_rest_by_age_and_by_hand() {
        String token = sessions.begin(VERA);
        for (int use = 0; use < 5; use++) {
            clock.addAndGet(999);
            assertThat(sessions.find(token)).contains(VERA);
        }
        clock.addAndGet(10);
        assertThat(sessions.find(token)).isEmpty();

        String rested = sessions.begin(VERA);
        clock.addAndGet(1_000);
        assertThat(sessions.find(rested)).isEmpty();

        String left = sessions.begin(VERA);
        sessions.end(left);
        assertThat(sessions.find(left)).isEmpty();
    }

    @Test
    void too_many_sessions_push_out_the_longest_unused() {
        String kept = sessions.begin(ADA);
        String first = sessions.begin(VERA);
        for (int i = 0; i < 999; i++) {
            sessions.find(kept);
            sessions.begin(VERA);
        }
        assertThat(sessions.find(kept)).contains(ADA);
        assertThat(sessions.find(first)).isEmpty();
    }

    @Test
    void guessing_has_to_wait_even_with_the_right_password_and_others_do_not() {
        for (int i = 0; i < 3; i++) {
            assertThat(guard.logIn(HERE, "ada", "wrong")).isInstanceOf(Unknown.class);
        }
        assertThat(guard.logIn(HERE, "ada", "right:ada")).isEqualTo(new Wait(60));
        clock.addAndGet(59_500);
        assertThat(with(basic("ada:right:ada"), Role.VIEWER)).isEqualTo(new Wait(1));
        assertThat(guard.logIn("2001:db8::8", "ada", "right:ada")).isInstanceOf(Welcome.class);
        clock.addAndGet(500);
        assertThat(guard.logIn(HERE, "ada", "right:ada")).isInstanceOf(Welcome.class);
    }

    @Test
    void a_right_password_forgets_the_wrong_ones() {
        for (int i = 0; i < 20; i++) {
            guard.logIn(HERE, "ada", "wrong");
            assertThat(guard.logIn(HERE, "ada", "right:ada")).isInstanceOf(Welcome.class);
        }
    }

    @Test
    void a_flood_of_addresses_is_counted_in_bounded_memory() {
        for (int i = 0; i < 3; i++) {
            attempts.failed(HERE);
        }
        for (int i = 0; i < 10_001; i++) {
            attempts.failed("2001:db8:1::" + Integer.toHexString(i));
        }
        assertThat(attempts.waitSeconds(HERE)).isZero();
    }
}
