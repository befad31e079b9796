package io.dstm.server.internal.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.lease.ClientId;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientKeyProperties {

    @Property
    void is_a_duid_unchanged(@ForAll @Size(min = 1, max = 130) byte[] duid, @ForAll int iaid) {
        ClientId client = ClientId.ofDuid(duid, iaid);
        assertThat(ClientKey.of(client).toClientId()).isEqualTo(client);
        assertThat(ClientKey.of(client)).isEqualTo(ClientKey.of(ClientId.ofDuid(duid, iaid)));
        assertThat(ClientKey.of(client)).isNotEqualTo(ClientKey.of(ClientId.ofDuid(duid, iaid + 1)));
    }

    @Property
    void is_any_identity_unchanged(@ForAll @StringLength(min = 1, max = 100) String value) {
        ClientId client = new ClientId("user:" + value, 0);
        assertThat(ClientKey.of(client).toClientId()).isEqualTo(client);
    }

    @Property
    void declined_is_nobody(@ForAll @Size(min = 1, max = 130) byte[] duid) {
        ClientKey key = ClientKey.of(ClientId.ofDuid(duid, 7));
        ClientKey declined = key.declined();
        assertThat(declined).isNotEqualTo(key);
        assertThat(ClientKey.of(declined.toClientId())).isEqualTo(declined);
        assertThat(declined.declined()).isEqualTo(declined);
        assertThat(declined.isNobody()).isTrue();
        assertThat(key.isNobody()).isFalse();
    }

    @Property
    void withdrawn_is_nobody(@ForAll @Size(min = 1, max = 130) byte[] duid) {
        ClientKey key = ClientKey.of(ClientId.ofDuid(duid, 7));
        ClientKey withdrawn = key.withdrawn();
        assertThat(withdrawn).isNotEqualTo(key).isNotEqualTo(key.declined());
        assertThat(ClientKey.of(withdrawn.toClientId())).isEqualTo(withdrawn);
        assertThat(withdrawn.withdrawn()).isEqualTo(withdrawn);
        assertThat(withdrawn.isNobody()).isTrue();
    }

    @Test
    void withdrawn_shows_who_it_was() {
        ClientId client = new ClientId("duid:000300010001", 1);
        assertThat(ClientKey.of(client).withdrawn()).hasToString("withdrawn:duid:000300010001/1");
        ClientKey text = ClientKey.of(new ClientId("mac:00", 1)).withdrawn();
        assertThat(text).hasToString("withdrawn:mac:00/1");
        assertThat(text.isNobody()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "duid:0",
                "duid:0G",
                "duid:AB",
                "duid:0x",
                "declined:duid:0",
                "declined:x:y",
                "withdrawn:duid:0",
                "mac:00"
            })
    void takes_what_only_looks_like_a_duid_as_text(String identity) {
        ClientId client = new ClientId(identity, -1);
        assertThat(ClientKey.of(client).toClientId()).isEqualTo(client);
        assertThat(ClientKey.of(client).declined().isNobody()).isTrue();
    }

    @Test
    void hashes_to_the_same_in_every_process() {
        assertThat(ClientKey.of(new ClientId("duid:000300010001", 1)).stableHash())
                .isEqualTo(ClientKey.of(new ClientId("duid:000300010001", 1)).stableHash())
                .isEqualTo(STABLE);
    }

    /** Changing it would move every returning client to another address. */
    private static final long STABLE = -5790615884297653044L;
}
