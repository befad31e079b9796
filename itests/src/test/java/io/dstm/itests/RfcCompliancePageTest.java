package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/rfc-compliance.md} names a test for what is met, and each test it names is there. */
class RfcCompliancePageTest {

    private static final Path REPOSITORY = Path.of("..");
    private static final Pattern NAMED = Pattern.compile("`([A-Z][A-Za-z0-9]*)#([a-z][A-Za-z0-9_]*)`");
    private static final Pattern ROW = Pattern.compile("^\\|[^|]+\\|[^|]+\\|([^|]+)\\|([^|]*)\\|$");
    private static final List<String> VERDICTS =
            List.of("met", "met at the TEP", "met by the kernel", "policy", "not applicable", "not met");

    private final String page;

    RfcCompliancePageTest() throws IOException {
        page = Files.readString(REPOSITORY.resolve("docs/rfc-compliance.md"));
    }

    @Test
    void every_test_it_names_exists() throws IOException {
        Map<String, String> sources = testSources();
        Set<String> missing = new LinkedHashSet<>();
        Matcher named = NAMED.matcher(page);
        int count = 0;
        while (named.find()) {
            count++;
            String source = sources.getOrDefault(named.group(1), "");
            if (!Pattern.compile("\\bvoid " + named.group(2) + "\\(")
                    .matcher(source)
                    .find()) {
                missing.add(named.group());
            }
        }
        assertThat(missing).isEmpty();
        assertThat(count).isGreaterThan(100);
    }

    @Test
    void every_requirement_has_a_verdict_and_what_is_met_has_a_test() {
        List<Matcher> rows = page.substring(0, page.indexOf("## Differences"))
                .lines()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .filter(row -> !row.group(1).isBlank()
                        && !row.group(1).contains("---")
                        && !row.group(1).contains("verdict"))
                .toList();
        assertThat(rows).hasSizeGreaterThan(80).allSatisfy(row -> {
            String verdict = row.group(1).strip().split("[:;]", 2)[0];
            assertThat(verdict).as(row.group()).isIn(VERDICTS);
            assertThat(verdict.startsWith("met")
                            && !verdict.endsWith("kernel")
                            && !NAMED.matcher(row.group(2)).find())
                    .as("met, and without a test: " + row.group())
                    .isFalse();
        });
    }

    private static Map<String, String> testSources() throws IOException {
        Map<String, String> sources = new HashMap<>();
        try (Stream<Path> adapters = Files.list(REPOSITORY.resolve("bundles"))) {
            for (Path adapter : adapters.toList()) {
                read(adapter.resolve("src/test/java"), sources);
            }
        }
        for (String module :
                List.of("dstm-api", "dstm-server-bundle", "dstm-tep-bundle", "dstm-client-bundle", "itests")) {
            read(REPOSITORY.resolve(module).resolve("src/test/java"), sources);
        }
        return sources;
    }

    private static void read(Path folder, Map<String, String> sources) throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String name = file.getFileName().toString();
                sources.merge(name.substring(0, name.length() - 5), Files.readString(file), String::concat);
            }
        }
    }
}
