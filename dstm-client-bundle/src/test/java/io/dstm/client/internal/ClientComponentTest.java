package io.dstm.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientStatus;
import io.dstm.api.client.ClientStatus.State;
import io.dstm.api.datapath.Datapath;
import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.NetworkControl;
import io.dstm.api.datapath.PacketProcessor;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ClientComponentTest {

    private static final Datapath NO_DATAPATH = new Datapath() {
        @Override
        public Tunnel open(Specification specification, PacketProcessor processor) throws DatapathException {
            throw new DatapathException("no /dev/net/tun");
        }

        @Override
        public String description() {
            return "none";
        }
    };

    private ClientComponent component;

    private void activate(Map<String, Object> properties) {
        NetworkControl network = (NetworkControl) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {NetworkControl.class}, (proxy, method, arguments) -> {
                    throw new AssertionError("unexpected " + method);
                });
        component = new ClientComponent(properties, NO_DATAPATH, network);
    }

    private ClientStatus awaitDetail(String part) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
        while (!component.status().detail().contains(part)) {
            assertThat(System.nanoTime()).as("status is %s", component.status()).isLessThan(deadline);
            Thread.onSpinWait();
        }
        return component.status();
    }

    @AfterEach
    void deactivate() {
        component.deactivate();
    }

    @Test
    void stays_alive_and_visible_with_a_wrong_first_configuration_and_starts_with_a_right_one() throws Exception {
        activate(Map.of("tunnel.mtu", "12"));

        assertThat(component.entries()).singleElement().satisfies(entry -> {
            assertThat(entry.accepted()).isFalse();
            assertThat(entry.problems()).singleElement().hasFieldOrPropertyWithValue("key", "tunnel.mtu");
        });
        assertThat(component.status().state()).isEqualTo(State.FAILED);
        assertThat(component.status().detail()).contains("tunnel.mtu");
        assertThat(component.demand("dns").toCompletableFuture()).isCompletedExceptionally();

        component.modified(Map.of("tunnel.mtu", "1400"));

        assertThat(component.entries().get(0).accepted()).isTrue();
        assertThat(awaitDetail("no /dev/net/tun").state()).isEqualTo(State.FAILED);
    }

    @Test
    void keeps_the_good_configuration_when_a_wrong_one_follows() throws Exception {
        activate(Map.of("device", "four"));
        awaitDetail("no /dev/net/tun");

        component.modified(Map.of("device", "a b"));

        assertThat(component.entries().get(0).accepted()).isFalse();
        assertThat(component.status().device()).isEqualTo("four");
    }
}
