package io.dstm.console.internal.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.management.Role;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who may do what over JMX, the same over Jolokia and RMI. */
class JmxRulesTest {

    private static Map<String, Set<String>> rmi() throws Exception {
        String feature = Files.readString(Path.of("../../features/src/main/feature/feature.xml"));
        String begin = "<config name=\"jmx.acl.io.dstm\">";
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

    @Test
    void rmi_and_jolokia_ask_for_the_same_roles() throws Exception {
        Map<String, Role> lowest = new TreeMap<>();
        rmi().forEach((method, roles) -> {
            for (Role role : Role.values()) {
                if (Role.highest(roles).isPresent() && roles.contains(role.word())) {
                    lowest.putIfAbsent(method, role);
                }
            }
            assertThat(roles).contains("admin");
            assertThat(roles.contains("manager")).isEqualTo(roles.contains("operator"));
        });
        assertThat(lowest.remove("get*")).isEqualTo(JmxRules.toRead("io.dstm", "Pools"));
        assertThat(lowest.remove("is*")).isEqualTo(JmxRules.toRead("io.dstm", "Healthy"));
        assertThat(lowest.remove("*")).isEqualTo(JmxRules.toCall("io.dstm", "whatever"));
        assertThat(lowest).isEqualTo(JmxRules.OPERATIONS);
    }

    @ParameterizedTest
    @CsvSource({
        "io.dstm, 'revoke(java.lang.String)', OPERATOR",
        "io.dstm, 'leases(int,int)', VIEWER",
        "io.dstm, 'rollBack(int,boolean)', ADMIN",
        "io.dstm, drain, ADMIN",
        "io.dstm.other, leases, ADMIN",
        "java.lang, gc, ADMIN",
        "com.sun.management, vmSystemProperties, ADMIN"
    })
    void operations_need_their_role(String domain, String operation, Role expected) {
        assertThat(JmxRules.toCall(domain, operation)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "io.dstm, Pools, VIEWER",
        "java.lang, HeapMemoryUsage, VIEWER",
        "java.lang, SystemProperties, ADMIN",
        "java.lang, InputArguments, ADMIN",
        "org.apache.karaf, Bundles, ADMIN",
        "com.sun.management, DiagnosticOptions, ADMIN"
    })
    void attributes_need_their_role(String domain, String attribute, Role expected) {
        assertThat(JmxRules.toRead(domain, attribute)).isEqualTo(expected);
    }

    @Test
    void attributes_are_written_as_the_operation_of_their_setter() {
        assertThat(JmxRules.toWrite("io.dstm", "SingleLeaseEvents")).isEqualTo(Role.OPERATOR);
        assertThat(JmxRules.toWrite("java.lang", "Verbose")).isEqualTo(Role.ADMIN);
    }
}
