package io.dstm.shell.internal.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyFactory;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalKeyTest {

    @Test
    void both_halves_of_a_new_key_belong_together_and_others_keys_stay(@TempDir Path directory) throws Exception {
        Path privateKey = directory.resolve("local.key");
        Path publicKeys = directory.resolve("keys.properties");
        Files.writeString(publicKeys, "# keys\nalice=AAAA,_g_:admins\n");
        LocalKey.make(privateKey, publicKeys);
        LocalKey.make(privateKey, publicKeys);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(privateKey)))
                .isEqualTo("rw-------");
        List<String> lines = Files.readAllLines(publicKeys);
        assertThat(lines).hasSize(3).startsWith("# keys", "alice=AAAA,_g_:admins");
        String pem = Files.readString(privateKey).replaceAll("-----[A-Z ]+-----|\\s", "");
        KeyFactory factory = KeyFactory.getInstance("RSA");
        RSAPrivateCrtKey key = (RSAPrivateCrtKey) factory.generatePrivate(
                new PKCS8EncodedKeySpec(Base64.getDecoder().decode(pem)));
        RSAPublicKey other =
                (RSAPublicKey) factory.generatePublic(new RSAPublicKeySpec(key.getModulus(), key.getPublicExponent()));
        assertThat(lines.get(2))
                .isEqualTo(LocalKey.USER + " = " + LocalKey.encoded(other)
                        + ",ssh,viewer,manager,operator,admin,systembundles");
    }
}
