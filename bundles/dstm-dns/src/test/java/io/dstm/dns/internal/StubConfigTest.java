package io.dstm.dns.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StubConfigTest {

    @Test
    void listens_on_loopback_by_default() throws ConfigException {
        StubConfig config = StubConfig.read(Map.of("upstream", "2001:db8:a::53, 2001:db8:a::54"));
        assertThat(config.listen()).extracting(Object::toString).containsExactly("/127.0.0.1", "/0:0:0:0:0:0:0:1");
        assertThat(config.upstream()).hasSize(2);
        assertThat(config.port()).isEqualTo(53);
    }

    @Test
    void has_the_defaults_that_operators_are_shown() throws Exception {
        StubConfig config = StubConfig.read(Map.of("upstream", "2001:db8:a::53"));
        Map<String, Object> shown = Map.of(
                "upstream", "2001:db8:a::53",
                "listen", StubConfigDefinition.class.getMethod("listen").getDefaultValue(),
                "port", StubConfigDefinition.class.getMethod("port").getDefaultValue(),
                "timeout", StubConfigDefinition.class.getMethod("timeout").getDefaultValue(),
                "hold.timeout",
                        StubConfigDefinition.class.getMethod("hold_timeout").getDefaultValue());
        assertThat(StubConfig.read(shown)).isEqualTo(config);
    }

    @Test
    void refuses_wildcards_loops_and_missing_upstreams() {
        for (Map<String, String> wrong : new Map[] {
            Map.of("upstream", "2001:db8::1", "listen", "::"),
            Map.of("upstream", "2001:db8::1", "listen", "0.0.0.0"),
            Map.of("upstream", "::1"),
            Map.of("upstream", "192.0.2.1"),
            Map.of("upstream", "ns.example"),
            Map.of(),
            Map.of("upstream", ","),
            Map.of("upstream", "2001:db8::1", "upstraem", "x"),
            Map.of("upstream", "2001:db8::1", "timeout", "0s")
        }) {
            assertThatThrownBy(() -> StubConfig.read(wrong)).as("%s", wrong).isInstanceOf(ConfigException.class);
        }
    }
}
