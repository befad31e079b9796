package io.dstm.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/dstm-user}: the first password is made at installation, shown once, and differs everywhere. */
class UserScriptTest {

    private static final Path RESOURCES = Path.of("src/main/resources");

    @TempDir
    private Path home;

    private Path users;

    @BeforeEach
    void install() throws IOException {
        Files.createDirectories(home.resolve("bin"));
        Files.createDirectories(home.resolve("etc"));
        Files.copy(RESOURCES.resolve("bin/dstm-user"), home.resolve("bin/dstm-user"));
        users = home.resolve("etc/users.properties");
        Files.copy(RESOURCES.resolve("etc/users.properties"), users);
    }

    private String run(int exit, String... arguments) throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("sh", home.resolve("bin/dstm-user").toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isEqualTo(exit);
        return output;
    }

    private String password(String output) {
        return output.replaceFirst("(?s).*with the password ([0-9a-f]+).*", "$1");
    }

    @Test
    void nobody_is_there_before_and_an_admin_after_the_first_call() throws Exception {
        assertThat(Files.readAllLines(users)).noneMatch(line -> line.matches("[^#_\\s].*"));
        String password = password(run(0, "--first"));
        assertThat(password).hasSize(30);
        assertThat(Files.readString(users)).endsWith("\nadmin = " + password + ",_g_:admins\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(users)))
                .isEqualTo("rw-------");
        assertThat(run(0, "--first"))
                .contains("somebody may log in already: admin")
                .doesNotContain(password);
    }

    @Test
    void others_have_the_role_and_a_password_of_their_own() throws Exception {
        String vera = password(run(0, "vera", "viewer"));
        String olga = password(run(0, "olga", "operator"));
        assertThat(vera).isNotEqualTo(olga);
        assertThat(Files.readString(users))
                .contains("vera = " + vera + ",_g_:viewers", "olga = " + olga + ",_g_:operators");
        run(1, "vera", "admin");
    }

    @Test
    void what_is_no_name_or_role_changes_nothing() throws Exception {
        String before = Files.readString(users);
        run(2);
        run(2, "vera");
        run(2, "vera", "king");
        run(2, "a=b,admin", "viewer");
        run(2, "_g_\\:admins", "viewer");
        assertThat(Files.readString(users)).isEqualTo(before);
    }
}
