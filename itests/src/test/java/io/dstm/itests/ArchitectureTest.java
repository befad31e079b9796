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
import java.util.jar.Attributes;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The arrows between the rooms of the house. */
class ArchitectureTest {

    /** What every room may use: the JDK, the annotations, the log and OSGi's own contracts. */
    private static final String[] COMMON = {"java..", "javax.management..", "org.jspecify..", "org.osgi..", "org.slf4j.."};

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
                .resideInAnyPackage("io.dstm.api..", "java..", "org.jspecify..", "org.osgi.annotation..")
                .check(CLASSES);
    }

    @Test
    void the_server_knows_the_language_alone() {
        roomKnows("server", "io.dstm.api..");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tep", "client"})
    void who_judges_packets_knows_the_language_and_the_packet_views(String room) {
        roomKnows(room, "io.dstm.api..", "io.dstm.packet..");
    }

    @ParameterizedTest
    @ValueSource(strings = {"packet", "datapath", "dhcpv6", "dns", "store", "management", "shell"})
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
                "api/lease/Lease",
                "packet/package-info",
                "datapath/internal/package-info",
                "dhcpv6/internal/package-info",
                "dns/internal/package-info",
                "management/internal/package-info",
                "shell/internal/package-info",
                "server/internal/package-info",
                "tep/internal/package-info",
                "client/internal/package-info"
            })
    void nothing_but_the_language_and_the_packet_views_is_exported(String witness) throws IOException {
        String exports = manifestOf("io/dstm/" + witness + ".class").getValue("Export-Package");
        if (witness.startsWith("api/") || witness.startsWith("packet/")) {
            assertThat(exports).isNotNull().doesNotContain("internal");
        } else {
            assertThat(exports).isNull();
        }
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

    /** The manifest that lies beside a class, in its jar or its directory. */
    private static Attributes manifestOf(String resource) throws IOException {
        List<URL> places =
                Collections.list(ArchitectureTest.class.getClassLoader().getResources(resource));
        assertThat(places).as(resource).hasSize(1);
        String place = places.get(0).toString();
        URL manifest = new URL(place.substring(0, place.length() - resource.length()) + "META-INF/MANIFEST.MF");
        try (InputStream in = manifest.openStream()) {
            return new Manifest(in).getMainAttributes();
        }
    }
}
