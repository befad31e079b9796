package io.dstm.api.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv4Range;
import io.dstm.api.net.Ipv6Address;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ConfigReaderTest {

    private enum Colour {
        DARK_RED,
        BLUE
    }

    @Test
    void reads_every_type() throws ConfigException {
        ConfigReader reader = new ConfigReader(Map.of(
                "text", " a ",
                "number", "12",
                "typed", 13L,
                "flag", "TRUE",
                "time", "2h",
                "choice", "dark-red",
                "six", "2001:db8::1",
                "ranges", "192.0.2.0/24, 198.51.100.1-198.51.100.9",
                "array", new String[] {"::1", "::2"}));
        assertThat(reader.text("text")).contains("a");
        assertThat(reader.number("number", 0, 1, 20)).isEqualTo(12);
        assertThat(reader.longNumber("typed", 0, 1, 20)).isEqualTo(13);
        assertThat(reader.flag("flag", false)).isTrue();
        assertThat(reader.duration("time", Duration.ZERO, Duration.ZERO, Duration.ofDays(1)))
                .isEqualTo(Duration.ofHours(2));
        assertThat(reader.choice("choice", Colour.BLUE)).isEqualTo(Colour.DARK_RED);
        assertThat(reader.ipv6("six")).contains(Ipv6Address.parse("2001:db8::1"));
        assertThat(reader.ipv4Ranges("ranges")).hasSize(2).contains(Ipv4Range.parse("192.0.2.0/24"));
        assertThat(reader.list("array", Ipv6Address::parse)).hasSize(2);
        reader.finish();
    }

    @Test
    void takes_defaults_for_what_is_absent_or_blank() throws ConfigException {
        ConfigReader reader = new ConfigReader(Map.of("blank", "  "));
        assertThat(reader.text("blank", "d")).isEqualTo("d");
        assertThat(reader.number("n", 7, 0, 9)).isEqualTo(7);
        assertThat(reader.ipv4("none")).isEmpty();
        assertThat(reader.ipv4Ranges("none")).isEmpty();
        reader.finish();
    }

    @Test
    void names_every_problem_at_once() {
        ConfigReader reader = new ConfigReader(Map.of(
                "number", "ten",
                "flag", "yes",
                "time", "1w",
                "choice", "green",
                "address", "192.0.2.300",
                "misspelt", "x"));
        reader.number("number", 0, 1, 20);
        reader.flag("flag", false);
        reader.duration("time", Duration.ZERO, Duration.ZERO, Duration.ofDays(1));
        reader.choice("choice", Colour.BLUE);
        reader.required("address", Ipv4Address.UNSPECIFIED, Ipv4Address::parse);
        reader.required("missing", "", text -> text);
        ConfigException refused = catchThrowableOfType(ConfigException.class, reader::finish);
        assertThat(refused.problems())
                .extracting(ConfigProblem::key)
                .containsExactly("number", "flag", "time", "choice", "address", "missing", "misspelt");
        assertThat(refused).hasMessageContaining("'green' is none of dark-red, blue");
    }

    @Test
    void refuses_numbers_out_of_bounds_and_overflowing_times() {
        ConfigReader reader = new ConfigReader(Map.of("n", "21", "t", "999999999999d", "long", "9999999999999999999"));
        reader.number("n", 0, 1, 20);
        reader.duration("t", Duration.ZERO, Duration.ZERO, Duration.ofDays(1));
        reader.longNumber("long", 0, 0, Long.MAX_VALUE);
        assertThat(catchThrowableOfType(ConfigException.class, reader::finish).problems())
                .hasSize(3);
    }

    @Test
    void overlooks_the_keys_that_the_container_adds() {
        ConfigReader reader = new ConfigReader(Map.of(
                "service.pid", "p",
                "felix.fileinstall.filename", "f",
                "component.name", "c",
                "component.id", 1L,
                "osgi.ds.satisfying.condition.target", "(osgi.condition.id=true)",
                "factory.target", "(osgi.jdbc.driver.class=org.h2.Driver)",
                "objectClass", List.of()));
        assertThatCode(reader::finish).doesNotThrowAnyException();
    }
}
