package io.dstm.dhcpv6.internal.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.testing.VirtualTime;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReconfigureKeysTest {

    private static final Octets CLIENT = Octets.parse("000300010200c0ffee01");
    private static final Octets OTHER = Octets.parse("000300010200c0ffee02");

    @TempDir
    Path directory;

    private final VirtualTime time = new VirtualTime();

    private Path file() {
        return directory.resolve("dhcpv6-reconfigure");
    }

    private ReconfigureKeys open() throws IOException {
        return ReconfigureKeys.open(file(), time, Runnable::run);
    }

    @Test
    void each_client_has_a_key_of_its_own_that_survives_restarts() throws IOException {
        Octets key = open().keyOf(CLIENT);

        assertThat(key.length()).isEqualTo(16);
        assertThat(open().keyOf(CLIENT)).isEqualTo(key);
        assertThat(open().keyOf(OTHER)).isNotEqualTo(key);
        Files.delete(file());
        assertThat(open().keyOf(CLIENT)).as("another secret").isNotEqualTo(key);
    }

    @Test
    void the_secret_is_for_nobody_else_to_read() throws IOException {
        open();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file())))
                .isEqualTo("rw-------");
    }

    @Test
    void replay_values_rise_within_a_moment_and_over_restarts() throws IOException {
        List<Long> values = new ArrayList<>();
        for (int restart = 0; restart < 3; restart++) {
            ReconfigureKeys keys = open();
            for (int i = 0; i < 1000; i++) {
                values.add(keys.next().orElseThrow());
            }
        }
        assertThat(values).isSorted().doesNotHaveDuplicates();
    }

    @Test
    void replay_values_rise_although_the_clock_is_set_back_over_a_restart() throws IOException {
        long before = open().next().orElseThrow();
        InstantSource past = () -> Instant.parse("2001-01-01T00:00:00Z");

        ReconfigureKeys keys = ReconfigureKeys.open(file(), past, Runnable::run);
        long first = keys.next().orElseThrow();

        assertThat(first).isGreaterThan(before);
        assertThat(keys.next().orElseThrow()).isGreaterThan(first);
    }

    @Test
    void a_long_silence_needs_one_write_before_values_go_on() throws IOException {
        List<Runnable> writes = new ArrayList<>();
        ReconfigureKeys keys = ReconfigureKeys.open(file(), time, writes::add);
        long first = keys.next().orElseThrow();
        time.pass(Duration.ofDays(30));

        long second = keys.next().orElseThrow();

        assertThat(second).as("what was noted ahead serves meanwhile").isGreaterThan(first);
        assertThat(writes).hasSize(1);
        writes.remove(0).run();
        assertThat(keys.next().orElseThrow()).isEqualTo(time.instant().toEpochMilli() * 1000);
    }

    @Test
    void no_value_is_used_that_is_not_noted_on_disk() throws IOException {
        List<Runnable> never = new ArrayList<>();
        ReconfigureKeys keys = ReconfigureKeys.open(file(), time, never::add);
        time.pass(Duration.ofDays(1));
        long noted = Long.parseLong(Files.readAllLines(file()).get(1));

        assertThat(keys.next()).hasValue(noted);
        assertThat(keys.next()).isEmpty();
    }

    @Test
    void a_full_disk_is_tried_again_a_minute_later_and_not_at_each_message() throws IOException {
        int[] tries = {0};
        ReconfigureKeys keys = ReconfigureKeys.open(file(), time, write -> {
            tries[0]++;
            write.run();
        });
        Files.delete(file());
        Files.delete(directory);
        Files.writeString(directory, "a file where the directory should be");
        time.pass(Duration.ofDays(1));

        for (int i = 0; i < 100; i++) {
            keys.next();
        }
        assertThat(tries[0]).isEqualTo(1);

        Files.delete(directory);
        time.pass(Duration.ofMinutes(1));
        keys.next();
        assertThat(tries[0]).isEqualTo(2);
        assertThat(keys.next()).isPresent();
    }

    @Test
    void a_broken_file_is_left_alone_and_named() throws IOException {
        Files.writeString(file(), "nonsense\n");
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining(file().toString());
        assertThat(file()).hasContent("nonsense\n");
    }
}
