package io.dstm.console.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.management.Role;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PermissionsTest {

    @ParameterizedTest
    @CsvSource({
        "/api/node, GET, VIEWER",
        "/api/leases, GET, VIEWER",
        "/api/events, GET, VIEWER",
        "/api, GET, VIEWER",
        "/api/what-comes-later, GET, VIEWER",
        "/api/operations/revoke, POST, OPERATOR",
        "/api/operations/revoke, GET, VIEWER",
        "/api/history, GET, OPERATOR",
        "/api/history, POST, ADMIN",
        "/api/configurations, GET, VIEWER",
        "/api/configurations/history, GET, OPERATOR",
        "/api/configurations/history/3, GET, OPERATOR",
        "/api/leases/1, DELETE, ADMIN",
        "/api/leases, PROPFIND, ADMIN",
        "/metrics, GET, VIEWER",
        "/metrics, POST, ADMIN",
        "/jolokia, POST, VIEWER",
        "/jolokia/read/x, GET, VIEWER",
        "/jolokia-else, POST, ADMIN",
        "/api/session, POST, ",
        "/healthz, GET, ",
        "/, GET, ",
        "/app.js, GET, ",
        "/app.js, PUT, ADMIN"
    })
    void every_path_needs_its_role(String path, String method, Role expected) {
        assertThat(Permissions.needed(path, method)).isEqualTo(Optional.ofNullable(expected));
    }
}
