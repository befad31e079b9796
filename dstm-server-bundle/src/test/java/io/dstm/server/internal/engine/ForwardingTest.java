package io.dstm.server.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.lease.LeaseService;
import io.dstm.server.internal.ipv6.ForwardingIpv6Service;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What stands between the protocols and the engines. */
class ForwardingTest {

    static Stream<Arguments> services() {
        return Stream.of(
                Arguments.of(LeaseService.class, ForwardingLeaseService.class),
                Arguments.of(Ipv6LeaseService.class, ForwardingIpv6Service.class));
    }

    /** A default method that is forgotten here works, and differently. */
    @ParameterizedTest
    @MethodSource("services")
    void every_call_is_passed_on(Class<?> service, Class<?> forwarding) throws NoSuchMethodException {
        for (Method method : service.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers())) {
                assertThat(forwarding
                                .getMethod(method.getName(), method.getParameterTypes())
                                .getDeclaringClass())
                        .as(method.getName())
                        .isEqualTo(forwarding);
            }
        }
    }
}
