package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Every message that an operator may see is explained in the README of a module; {@code docs/messages.md} is
 * made of these, by {@code mvn -f itests test -Dtest=MessagesPageTest -Ddstm.golden.write=true}.
 */
class MessagesPageTest {

    private static final Path ROOT = Path.of("..");
    private static final Path PAGE = ROOT.resolve("docs/messages.md");
    private static final Pattern ID = Pattern.compile("DSTM-\\d{4}");
    private static final Pattern SAID = Pattern.compile("\"(DSTM-\\d{4})");
    private static final Pattern LOGGED =
            Pattern.compile("\\.(info|warn|error)\\(\\s*(?:[a-zA-Z.()]+ \\? )?\"(DSTM-\\d{4})");
    private static final Pattern ROW = Pattern.compile("\\| (DSTM-[^|]*?) \\|(?: (INFO|WARN|ERROR) \\|)? (.*) \\|");

    private static final String HEAD = """
            # Messages of the log

            Every message of DSTM begins with an id that never changes its meaning. ERROR: a role does not do its work and somebody has to act. WARN: something is wrong, and
            mostly mends itself. INFO: something changed. This page is made of the READMEs of the modules.

            """;

    /** What a module says of a message. */
    private record Row(String ids, String level, String meaning) {}

    private static List<Path> modules() throws IOException {
        try (Stream<Path> files = Stream.concat(Files.list(ROOT), Files.list(ROOT.resolve("bundles")))) {
            return files.filter(module -> Files.isDirectory(module.resolve("src/main")))
                    .filter(module -> Files.exists(module.resolve("README.md")))
                    .sorted()
                    .toList();
        }
    }

    private static Map<String, String> levels(Path module) throws IOException {
        Map<String, String> levels = new TreeMap<>();
        try (Stream<Path> sources = Files.walk(module.resolve("src/main"))) {
            for (Path source :
                    sources.filter(file -> file.toString().endsWith(".java")).toList()) {
                String text = Files.readString(source);
                SAID.matcher(text).results().forEach(id -> levels.putIfAbsent(id.group(1), ""));
                for (Matcher logged = LOGGED.matcher(text); logged.find(); ) {
                    levels.put(logged.group(2), logged.group(1).toUpperCase(java.util.Locale.ROOT));
                }
            }
        }
        return levels;
    }

    private static List<Row> rows(Path module) throws IOException {
        List<Row> rows = new ArrayList<>();
        for (String line : Files.readAllLines(module.resolve("README.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                rows.add(new Row(row.group(1), row.group(2) == null ? "" : row.group(2), row.group(3)));
            }
        }
        return rows;
    }

    private static List<String> ids(Row row) {
        return List.copyOf(ids(row.ids()));
    }

    private static Set<String> ids(String text) {
        return ID.matcher(text).results().map(id -> id.group()).collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void every_message_is_explained() throws IOException {
        Set<String> said = new TreeSet<>();
        List<String> explained = new ArrayList<>();
        for (Path module : modules()) {
            said.addAll(levels(module).keySet());
            rows(module).forEach(row -> explained.addAll(ids(row)));
        }
        assertThat(new TreeSet<>(explained))
                .as("explained in the READMEs, and said in the sources")
                .isEqualTo(said);
        assertThat(said).hasSizeGreaterThan(100);
    }

    @Test
    void the_page_has_them_all() throws IOException {
        Map<String, String> lines = new TreeMap<>();
        Map<String, String> levels = new TreeMap<>();
        for (Path module : modules()) {
            levels.putAll(levels(module));
        }
        for (Path module : modules()) {
            for (Row row : rows(module)) {
                String level = row.level().isEmpty() ? levels.getOrDefault(ids(row).get(0), "") : row.level();
                String meaning = row.meaning().substring(0, 1).toUpperCase(java.util.Locale.ROOT)
                        + row.meaning().substring(1);
                lines.put(row.ids(), "| " + row.ids() + " | " + level + " | " + meaning + " |\n");
            }
        }
        StringBuilder page = new StringBuilder(HEAD);
        Map<String, String> sections = new TreeMap<>(Map.of(
                "1",
                "Server",
                "2",
                "TEP",
                "3",
                "Client",
                "4",
                "DHCPv6",
                "5",
                "DNS",
                "6",
                "Datapath",
                "7",
                "Store of leases",
                "8",
                "Management and shell",
                "9",
                "Over HTTP"));
        sections.forEach((digit, title) -> {
            page.append("## ").append(title).append("\n| id | level | meaning and what to do |\n|---|---|---|\n");
            lines.forEach((ids, line) -> {
                if (ids.startsWith("DSTM-" + digit)) {
                    page.append(line);
                }
            });
            page.append('\n');
        });
        String text = page.toString().stripTrailing() + "\n";
        if (Boolean.getBoolean("dstm.golden.write")) {
            Files.writeString(PAGE, text);
        }
        assertThat(Files.readString(PAGE))
                .as(
                        "made of the READMEs; to write it anew: mvn -f itests/pom.xml test -Dtest=MessagesPageTest -Ddstm.golden.write=true")
                .isEqualTo(text);
    }
}
