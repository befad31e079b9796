package io.dstm.itests;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The arrows between the rooms of the house. */
class ArchitectureTest {

    /** What every room may use: the JDK, the annotations, the log and OSGi's own contracts. */
    private static final String[] COMMON = {
        "java..", "javax.management..", "org.jspecify..", "org.osgi..", "org.slf4j.."
    };

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .withImportOption(location -> !location.contains("/itests/"))
            .importPackages("io.dstm");

    @Test
    void the_language_of_the_domain_knows_nobody() {
        classes()
                .that()
                .resideInAPackage("io.dstm.api..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(
                        "io.dstm.api..", "java..", "javax.security.auth", "org.jspecify..", "org.osgi.annotation..")
                .check(CLASSES);
    }

    @Test
    void the_server_knows_the_language_alone() {
        roomKnows("server", "io.dstm.api..");
    }

    @Test
    void the_client_knows_the_language_and_the_packet_views() {
        roomKnows("client", "io.dstm.api..", "io.dstm.packet..");
    }

    @Test
    void the_tep_knows_the_language_and_the_packet_views_and_its_replay_json() {
        roomKnows("tep", "io.dstm.api..", "io.dstm.packet..", "com.fasterxml.jackson.core..");
        noClasses()
                .that()
                .resideInAPackage("io.dstm.tep..")
                .and()
                .resideOutsideOfPackage("io.dstm.tep.internal.replay..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("com.fasterxml..", "io.dstm.tep.internal.replay..")
                .check(CLASSES);
    }

    @ParameterizedTest
    @ValueSource(strings = {"packet", "datapath", "dhcpv6", "dns", "store", "management", "shell", "console"})
    void an_adapter_knows_no_other_room(String room) {
        noClasses()
                .that()
                .resideInAPackage("io.dstm." + room + "..")
                .should()
                .dependOnClassesThat(resideInAPackage("io.dstm..")
                        .and(resideInAnyPackage("io.dstm." + room + "..", "io.dstm.api..", "io.dstm.packet..")
                                .negate()))
                .check(CLASSES);
    }

    @Test
    void packet_views_are_plain_java() {
        roomUses("packet", "io.dstm.api..", "java..", "org.jspecify..", "org.osgi.annotation..");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dhcpv6.internal.codec",
                "server.internal.config",
                "server.internal.engine",
                "server.internal.pool",
                "tep.internal.replay",
                "tep.internal.rules",
                "tep.internal.table",
                "client.internal.engine",
                "console.internal.access",
                "console.internal.view",
                "client.internal.tunnel"
            })
    void codecs_engines_and_rules_run_without_a_container(String logic) {
        noClasses()
                .that()
                .resideInAPackage("io.dstm." + logic + "..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.osgi..", "io.netty..", "org.apache..", "com.sun.jna..")
                .check(CLASSES);
    }

    @Test
    void nothing_but_the_language_and_the_packet_views_is_exported() throws IOException {
        Map<String, String> exports = new TreeMap<>();
        for (URL place :
                Collections.list(ArchitectureTest.class.getClassLoader().getResources("META-INF/MANIFEST.MF"))) {
            try (InputStream in = place.openStream()) {
                Attributes manifest = new Manifest(in).getMainAttributes();
                String bundle = manifest.getValue("Bundle-SymbolicName");
                if (bundle != null && bundle.startsWith("io.dstm-")) {
                    exports.put(bundle, String.valueOf(manifest.getValue("Export-Package")));
                }
            }
        }
        assertThat(exports).hasSize(14);
        assertThat(exports.remove("io.dstm-api")).contains("io.dstm.api.lease").doesNotContain("internal");
        assertThat(exports.remove("io.dstm-packet")).contains("io.dstm.packet").doesNotContain("internal");
        assertThat(exports.values()).containsOnly("null");
    }

    private static void roomKnows(String room, String... others) {
        String[] allowed = Stream.of(Stream.of("io.dstm." + room + ".."), Stream.of(others), Stream.of(COMMON))
                .flatMap(packages -> packages)
                .toArray(String[]::new);
        roomUses(room, allowed);
    }

    private static void roomUses(String room, String... allowed) {
        List<String> all = new ArrayList<>(List.of(allowed));
        all.add("io.dstm." + room + "..");
        classes()
                .that()
                .resideInAPackage("io.dstm." + room + "..")
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage(all.toArray(String[]::new))
                .check(CLASSES);
    }
}
