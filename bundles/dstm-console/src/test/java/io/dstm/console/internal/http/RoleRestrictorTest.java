package io.dstm.console.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.management.Role;
import io.dstm.console.internal.access.Person;
import java.util.Optional;
import javax.management.ObjectName;
import org.jolokia.server.core.util.HttpMethod;
import org.jolokia.server.core.util.RequestType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jolokia asks for everything, and the role of the person decides. */
class RoleRestrictorTest {

    private final RoleRestrictor restrictor = new RoleRestrictor();

    @AfterEach
    void leave() {
        restrictor.leave();
    }

    @ParameterizedTest
    @CsvSource({
        ", false, false, false, false",
        "VIEWER, true, true, false, false",
        "OPERATOR, true, true, true, false",
        "ADMIN, true, true, true, true"
    })
    void roles_may_what_they_may_elsewhere(Role role, boolean read, boolean page, boolean revoke, boolean drain)
            throws Exception {
        ObjectName server = new ObjectName("io.dstm:type=Server");
        restrictor.enter(new Person("p", Optional.ofNullable(role)));
        assertThat(restrictor.isTypeAllowed(RequestType.READ)).isEqualTo(read);
        assertThat(restrictor.isTypeAllowed(RequestType.LIST)).isEqualTo(read);
        assertThat(restrictor.isAttributeReadAllowed(server, "Pools")).isEqualTo(read);
        assertThat(restrictor.isOperationAllowed(server, "leases(int,int)")).isEqualTo(page);
        assertThat(restrictor.isOperationAllowed(server, "revoke")).isEqualTo(revoke);
        assertThat(restrictor.isOperationAllowed(server, "drain")).isEqualTo(drain);
        assertThat(restrictor.isAttributeWriteAllowed(server, "Pools")).isEqualTo(drain);
        assertThat(restrictor.isAttributeReadAllowed(new ObjectName("java.lang:type=Runtime"), "SystemProperties"))
                .isEqualTo(drain);
    }

    @Test
    void nobody_may_anything_on_a_thread_that_serves_nobody() throws Exception {
        assertThat(restrictor.isTypeAllowed(RequestType.READ)).isFalse();
        assertThat(restrictor.isAttributeReadAllowed(new ObjectName("io.dstm:type=Node"), "Version"))
                .isFalse();
    }

    @Test
    void nobody_subscribes_reconfigures_or_comes_from_other_sites() {
        restrictor.enter(new Person("ada", Optional.of(Role.ADMIN)));
        assertThat(restrictor.isTypeAllowed(RequestType.NOTIFICATION)).isFalse();
        assertThat(restrictor.isTypeAllowed(RequestType.CONFIG)).isFalse();
        assertThat(restrictor.isOriginAllowed("https://elsewhere.example", true))
                .isFalse();
        assertThat(restrictor.isHttpMethodAllowed(HttpMethod.GET)).isTrue();
    }
}
