package io.dstm.console.internal.jmx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.config.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JmxConfigTest {

    @TempDir
    private Path directory;

    private Map<String, String> with(Path keystore, String... more) throws Exception {
        Map<String, String> properties = new HashMap<>();
        properties.put("keystore", keystore.toString());
        properties.put(
                "keystore.password.file",
                Files.writeString(directory.resolve("password"), "secret\n").toString());
        for (int i = 0; i < more.length; i += 2) {
            properties.put(more[i], more[i + 1]);
        }
        return properties;
    }

    @Test
    void a_key_is_needed_and_has_to_be_readable() throws Exception {
        assertThatThrownBy(() -> JmxConfig.read(Map.of()))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("keystore: is required")
                .hasMessageContaining("keystore.password.file: is required");
        assertThatThrownBy(() -> JmxConfig.read(with(directory.resolve("absent.p12"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("absent.p12 does not exist");
        assertThatThrownBy(() -> JmxConfig.read(with(Files.writeString(directory.resolve("text.p12"), "text"))))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("keystore: cannot be read");
        KeyStore empty = KeyStore.getInstance("PKCS12");
        empty.load(null, null);
        Path file = directory.resolve("empty.p12");
        try (var out = Files.newOutputStream(file)) {
            empty.store(out, "secret".toCharArray());
        }
        assertThatThrownBy(() -> JmxConfig.read(with(file)))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("there is no key in it");
    }

    @Test
    void who_listens_to_others_says_by_which_name_and_two_ports_are_two() {
        assertThatThrownBy(() -> JmxConfig.read(with(
                        directory.resolve("absent.p12"), "listen", "::", "port", "1098", "connection.port", "1098")))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("host: must be the name")
                .hasMessageContaining("connection.port: must be another");
        assertThatThrownBy(() -> JmxConfig.read(with(directory.resolve("absent.p12"), "listen", "localhost")))
                .isInstanceOf(ConfigException.class)
                .satisfies(wrong -> assertThat(wrong.getMessage()).contains("listen: "));
    }
}
