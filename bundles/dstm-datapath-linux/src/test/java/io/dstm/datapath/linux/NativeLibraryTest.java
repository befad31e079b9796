package io.dstm.datapath.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class NativeLibraryTest {

    private static final Path SOURCES = Path.of("src/main/c").toAbsolutePath();
    private static final Path SMOKE = Path.of("src/test/c/smoke.c").toAbsolutePath();
    private static final Path CLASSES = Path.of("target/classes").toAbsolutePath();

    /** glibc 2.17 is the first for aarch64 and older than any system that Java 17 is at home on. */
    private static final int OLDEST_GLIBC_MINOR = 17;

    /** The machines there is a library for. */
    enum Machine {
        X86_64("x86_64", "linux-x86-64", "Advanced Micro Devices X86-64", "amd64"),
        AARCH64("aarch64", "linux-aarch64", "AArch64", "aarch64");

        final String name;
        final Path library;
        final String elfName;
        final String javaName;

        Machine(String name, String directory, String elfName, String javaName) {
            this.name = name;
            this.library = CLASSES.resolve(directory).resolve("libdstmdatapath.so");
            this.elfName = elfName;
            this.javaName = javaName;
        }
    }

    private record Result(int status, String output) {}

    private static Result run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Result(process.waitFor(), output);
    }

    private static String success(String... command) throws Exception {
        Result result = run(command);
        assertThat(result.status())
                .as(String.join(" ", command) + "\n" + result.output())
                .isZero();
        return result.output();
    }

    private static String elf(String option, Machine machine) throws Exception {
        return success("env", "LC_ALL=C", "readelf", "-W", option, machine.library.toString());
    }

    @ParameterizedTest
    @EnumSource
    void the_library_is_for_its_machine(Machine machine) throws Exception {
        assertThat(elf("-h", machine)).containsPattern("Machine:\\s+" + machine.elfName);
    }

    @ParameterizedTest
    @EnumSource
    void the_library_is_hardened(Machine machine) throws Exception {
        String segments = elf("-l", machine);
        assertThat(segments).contains("GNU_RELRO").containsPattern("GNU_STACK.* RW +0x");
        assertThat(elf("-d", machine)).contains("BIND_NOW").doesNotContain("TEXTREL", "RPATH", "RUNPATH");
        assertThat(elf("--dyn-syms", machine)).contains("__stack_chk_fail");
    }

    @ParameterizedTest
    @EnumSource
    void exactly_the_calls_of_the_header_are_visible(Machine machine) throws Exception {
        List<String> declared =
                matches("DSTM_EXPORT \\w+ (dstm_\\w+)\\(", Files.readString(SOURCES.resolve("dstm_datapath.h")));
        List<String> visible = matches("(?m) GLOBAL +DEFAULT +\\d+ (\\w+)$", elf("--dyn-syms", machine));
        assertThat(declared).hasSizeGreaterThan(10);
        assertThat(visible).containsExactlyInAnyOrderElementsOf(declared);
    }

    @ParameterizedTest
    @EnumSource
    void the_library_runs_on_old_systems(Machine machine) throws Exception {
        List<String> minors = matches("GLIBC_2\\.(\\d+)", elf("--dyn-syms", machine));
        assertThat(minors).isNotEmpty().allSatisfy(minor -> assertThat(Integer.parseInt(minor))
                .isLessThanOrEqualTo(OLDEST_GLIBC_MINOR));
    }

    private static List<String> matches(String pattern, String text) {
        List<String> found = new ArrayList<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found;
    }

    @ParameterizedTest
    @EnumSource
    void a_second_build_elsewhere_is_the_same_bit_by_bit(Machine machine, @TempDir Path directory) throws Exception {
        Path copy = Files.createDirectory(directory.resolve("sources"));
        try (Stream<Path> sources = Files.list(SOURCES)) {
            for (Path source : sources.toList()) {
                Files.copy(source, copy.resolve(source.getFileName()));
            }
        }
        Path output = directory.resolve("library.so");
        success("sh", copy.resolve("build.sh").toString(), machine.name, output.toString());
        assertThat(output).hasSameBinaryContentAs(machine.library);
    }

    @ParameterizedTest
    @EnumSource
    void every_call_works_on_its_machine(Machine machine, @TempDir Path directory) throws Exception {
        List<String> command = new ArrayList<>(emulator(machine));
        Path program = directory.resolve("smoke");
        success(
                "sh",
                SOURCES.resolve("build.sh").toString(),
                machine.name,
                program.toString(),
                SMOKE.toString(),
                "-ldl");
        command.addAll(List.of(program.toString(), machine.library.toString()));

        String output = success(command.toArray(String[]::new));

        assertThat(output).contains("machine: " + machine.name).endsWith("ok\n");
    }

    /** What runs programs of another machine; nothing for our own. */
    private static List<String> emulator(Machine machine) {
        if (System.getProperty("os.arch").equals(machine.javaName)) {
            return List.of();
        }
        Optional<Path> emulator = onPath("qemu-" + machine.name + "-static").or(() -> onPath("qemu-" + machine.name));
        Assumptions.assumeTrue(
                emulator.isPresent(),
                "no qemu-" + machine.name + "-static (package qemu-user-static) to run the library with");
        return List.of(emulator.get().toString(), "-L", "/usr/" + machine.name + "-linux-gnu");
    }

    private static Optional<Path> onPath(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    @Test
    void a_missing_compiler_is_named_with_the_package_that_has_it(@TempDir Path directory) throws Exception {
        Result result = run(
                "sh",
                SOURCES.resolve("build.sh").toString(),
                "vax",
                directory.resolve("library.so").toString());
        assertThat(result.status()).isNotZero();
        assertThat(result.output())
                .isEqualTo(
                        "The C compiler 'vax-linux-gnu-gcc' is missing. On Debian or Ubuntu: apt-get install gcc-vax-linux-gnu\n");
    }
}
