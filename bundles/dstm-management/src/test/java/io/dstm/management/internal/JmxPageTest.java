package io.dstm.management.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** {@code docs/jmx.md} is what the MXBeans are: made by {@code mvn -f bundles/dstm-management/pom.xml test -Ddstm.golden.write=true}. */
class JmxPageTest {

    private static final Path PAGE = Path.of("../../docs/jmx.md");
    private static final Path SOURCES = Path.of("src/main/java/io/dstm/management/internal");
    private static final Path FEATURE = Path.of("../../features/src/main/feature/feature.xml");
    private static final Pattern METHOD =
            Pattern.compile("/\\*\\*((?:(?!\\*/).)*)\\*/\\s+(?:@\\w+\\s+)*[\\w<>, \\[\\]]+ (\\w+)\\(", Pattern.DOTALL);

    private static final String HEAD = """
            # Names in JMX

            Made of the MXBeans themselves. The same names over [RMI, Jolokia](operator-guide.md) and in any JMX tool: an attribute is read, an operation is called. All types are open
            (numbers, texts, lists, composite data); times are ISO 8601 in UTC. "Who" is the least role; `operator` may be spelt `manager`. A role that is absent on a node has no bean.

            """;

    private static final Map<String, Class<?>> BEANS = new LinkedHashMap<>();

    static {
        BEANS.put("io.dstm:type=Node", NodeMXBean.class);
        BEANS.put("io.dstm:type=Server", ServerMXBean.class);
        BEANS.put("io.dstm:type=Tep,name=NAME", TepMXBean.class);
        BEANS.put("io.dstm:type=Client", ClientMXBean.class);
        BEANS.put("io.dstm:type=Events", EventsMXBean.class);
    }

    @Test
    void says_what_the_beans_have() throws IOException {
        StringBuilder page = new StringBuilder(HEAD);
        Map<String, String> roles = roles();
        for (Map.Entry<String, Class<?>> bean : BEANS.entrySet()) {
            Map<String, String> meanings = meanings(bean.getValue());
            page.append("## `").append(bean.getKey()).append("`\n\n| name | | who | meaning |\n|---|---|---|---|\n");
            Map<String, String> rows = new TreeMap<>();
            for (Method method : bean.getValue().getDeclaredMethods()) {
                String meaning = meanings.get(method.getName());
                assertThat(meaning).as("what %s means", method).isNotBlank();
                rows.put(
                        kind(method) + method.getName(),
                        "| `" + name(method) + "` | " + kind(method) + " | " + who(roles, method.getName()) + " | "
                                + meaning + " |\n");
            }
            rows.values().forEach(page::append);
            page.append('\n');
        }
        String text = page.toString().stripTrailing() + "\n";
        if (Boolean.getBoolean("dstm.golden.write")) {
            Files.writeString(PAGE, text);
        }
        assertThat(Files.readString(PAGE))
                .as(
                        "to write it anew: mvn -f bundles/dstm-management/pom.xml test -Dtest=JmxPageTest -Ddstm.golden.write=true")
                .isEqualTo(text);
    }

    private static String kind(Method method) {
        if (method.getName().startsWith("set") && method.getParameterCount() == 1) {
            return "attribute, written";
        }
        return method.getParameterCount() == 0 && method.getName().matches("(get|is)[A-Z].*")
                ? "attribute"
                : "operation";
    }

    private static String name(Method method) {
        if (!kind(method).equals("operation")) {
            return method.getName().replaceFirst("^(get|is|set)", "");
        }
        return method.getName()
                + Arrays.stream(method.getParameters())
                        .map(parameter -> parameter.getType().getSimpleName())
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    /** The first sentence of each method's comment. */
    private static Map<String, String> meanings(Class<?> bean) throws IOException {
        Map<String, String> meanings = new TreeMap<>();
        Matcher method = METHOD.matcher(Files.readString(SOURCES.resolve(bean.getSimpleName() + ".java")));
        while (method.find()) {
            String comment = method.group(1)
                    .replaceAll("\\s*\\n\\s*\\*", " ")
                    .replaceAll("\\{@code ([^}]*)}", "`$1`")
                    .replaceAll("\\{@link #(\\w+)}", "`$1`")
                    .replaceAll("\\s+", " ")
                    .replaceAll(" @param (\\w+) ", "; `$1`: ")
                    .replace(" @return ", "; gives ")
                    .strip();
            meanings.putIfAbsent(method.group(2), comment.replace("|", "\\|").replace(".;", ";"));
        }
        return meanings;
    }

    /** The lines of the access list that the feature installs. */
    private static Map<String, String> roles() throws IOException {
        String feature = Files.readString(FEATURE);
        String list = feature.substring(feature.indexOf("jmx.acl.io.dstm\">"));
        List<String> lines = list.substring(list.indexOf('\n') + 1, list.indexOf("</config>"))
                .lines()
                .toList();
        return lines.stream()
                .filter(line -> line.contains(" = "))
                .collect(Collectors.toMap(line -> line.split(" = ")[0], line -> line.split(" = ")[1]));
    }

    private static String who(Map<String, String> roles, String method) {
        String allowed = roles.get(method);
        for (String wildcard : List.of("get*", "is*", "*")) {
            if (allowed == null && method.startsWith(wildcard.substring(0, wildcard.length() - 1))) {
                allowed = roles.get(wildcard);
            }
        }
        assertThat(allowed).as("the access list names %s", method).isNotNull();
        return allowed.startsWith("viewer") ? "`viewer`" : allowed.startsWith("manager") ? "`operator`" : "`admin`";
    }
}
