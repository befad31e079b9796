package io.dstm.shell.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.karaf.shell.api.action.Command;
import org.junit.jupiter.api.Test;

/** The feature says of every command who may run it. */
class CommandAclTest {

    private static final Path FEATURE = Path.of("../../features/src/main/feature/feature.xml");
    private static final Set<String> ROLES = Set.of("viewer", "manager", "operator", "admin");

    private static Map<String, Set<String>> rules() throws IOException {
        String feature = Files.readString(FEATURE);
        String begin = "<config name=\"org.apache.karaf.command.acl.dstm\">";
        int from = feature.indexOf(begin) + begin.length();
        Map<String, Set<String>> rules = new TreeMap<>();
        for (String line : feature.substring(from, feature.indexOf("</config>", from))
                .strip()
                .split("\n")) {
            String[] parts = line.split("=");
            rules.put(
                    parts[0].strip(),
                    Stream.of(parts[1].split(",")).map(String::strip).collect(Collectors.toSet()));
        }
        return rules;
    }

    private static Set<String> commands() throws Exception {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> files = Files.list(Path.of("target/classes/io/dstm/shell/internal"))) {
            for (Path file : files.toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith("Command.class")) {
                    Command command = Class.forName("io.dstm.shell.internal." + name.replace(".class", ""))
                            .getAnnotation(Command.class);
                    if (command != null) {
                        names.add(command.name());
                    }
                }
            }
        }
        return names;
    }

    @Test
    void every_command_has_its_rule_and_every_rule_its_command() throws Exception {
        Set<String> named = new TreeSet<>(rules().keySet());
        assertThat(named.remove("*")).isTrue();
        assertThat(named).isEqualTo(commands()).isNotEmpty();
    }

    @Test
    void what_no_rule_names_is_for_admins() throws Exception {
        assertThat(rules().get("*")).containsExactly("admin");
    }

    @Test
    void roles_are_those_of_the_console_and_admins_may_do_everything() throws Exception {
        assertThat(rules().values())
                .allSatisfy(roles -> assertThat(roles).contains("admin").isSubsetOf(ROLES));
    }
}
