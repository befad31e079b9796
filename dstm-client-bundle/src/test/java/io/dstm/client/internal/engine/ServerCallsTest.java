package io.dstm.client.internal.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.dstm.api.client.ClientLease;
import io.dstm.api.client.ClientStatus.State;
import io.dstm.api.client.LeaseRefusedException;
import io.dstm.api.client.ServerCall;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.Ipv6Address;
import io.dstm.api.net.PortSet;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the client does when its server calls. */
class ServerCallsTest {

    private static final Ipv6Address NODE = Ipv6Address.parse("2001:db8:1::77");
    private static final Ipv6Address TEP = Ipv6Address.parse("2001:db8:f::1");

    private final VirtualLoop loop = new VirtualLoop();
    private final FakeKernel kernel = new FakeKernel(loop::nanos);
    private final FakeSource source = new FakeSource("dhcpv6");
    private ClientEngine engine;

    @BeforeEach
    void start() throws Exception {
        kernel.ipv6 = List.of(NODE);
        engine = new ClientEngine(ClientConfig.read(Map.of()), kernel, kernel, null, loop, loop::nanos, loop);
        engine.addSource(source);
        engine.start();
        settle();
    }

    private void settle() {
        loop.pass(Duration.ofMillis(1));
    }

    private ClientLease lease() {
        return new ClientLease(
                new LeaseKey(Ipv4Address.parse("198.51.100.7"), PortSet.FULL),
                NODE,
                TEP,
                loop.instant(),
                Duration.ofMinutes(30),
                Duration.ofMinutes(48),
                Duration.ofHours(1));
    }

    private void bind() {
        engine.demand("test");
        settle();
        source.acquired.get(0).complete(lease());
        settle();
        assertThat(state()).isEqualTo(State.BOUND);
    }

    private void call(ServerCall call) {
        source.call(call);
        settle();
    }

    private State state() {
        return engine.status().state();
    }

    @Test
    void it_renews_at_once() {
        bind();
        call(ServerCall.RENEW);
        assertThat(state()).isEqualTo(State.RENEWING);
        assertThat(source.renewed).hasSize(1);

        source.renewed.get(0).complete(lease());
        settle();
        assertThat(state()).isEqualTo(State.BOUND);
    }

    @Test
    void it_asks_any_server() {
        bind();
        call(ServerCall.REBIND);
        assertThat(state()).isEqualTo(State.REBINDING);
        assertThat(source.rebound).hasSize(1);
    }

    @Test
    void it_does_not_begin_anew_while_it_is_asking() {
        bind();
        call(ServerCall.RENEW);
        call(ServerCall.REBIND);
        assertThat(state()).isEqualTo(State.RENEWING);
        assertThat(source.rebound).isEmpty();
    }

    @Test
    void a_lease_that_was_withdrawn_ends() {
        bind();
        call(ServerCall.RENEW);
        source.renewed.get(0).completeExceptionally(new LeaseRefusedException("NoBinding", true));
        settle();
        assertThat(engine.status().lease()).isNull();
    }

    @Test
    void it_takes_a_lease_that_nobody_here_asked_for() {
        call(ServerCall.RENEW);
        assertThat(source.acquired).hasSize(1);
        source.acquired.get(0).complete(lease());
        settle();
        assertThat(state()).isEqualTo(State.BOUND);
    }
}
