package io.dstm.dhcpv6.internal.client;

import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Shows the client to the server without asking for a lease (Information-request, RFC 8415 section 18.2.6). */
final class IntroductionExchange extends Dhcpv6Exchange {

    /** IRT_DEFAULT and IRT_MINIMUM (RFC 8415 section 7.6). */
    private static final Duration REFRESH = Duration.ofDays(1);

    private static final Duration LEAST_REFRESH = Duration.ofMinutes(10);

    private final Consumer<Duration> done;

    /**
     * An Information-request.
     *
     * @param done is told after which time to ask again
     */
    IntroductionExchange(ClientCore core, Consumer<Duration> done) {
        super(core, MessageType.INFORMATION_REQUEST);
        this.done = done;
    }

    /** INF_MAX_DELAY (RFC 8415 section 7.6): all hosts of a link do this when they have booted, and nobody waits. */
    @Override
    Duration mostFirstDelay() {
        return Duration.ofSeconds(1);
    }

    @Override
    Schedule schedule() {
        return new Retransmission(
                Retransmission.Parameters.INFORMATION_REQUEST.withMrt(core().infMaxRt()), core().random(), false);
    }

    @Override
    List<Option> content(Ready now) {
        return List.of(new Option.OptionRequest(List.of(OptionCode.INFORMATION_REFRESH_TIME, OptionCode.INF_MAX_RT)));
    }

    @Override
    ClientCounter receive(Message.Direct message, Octets server) {
        if (!message.type().equals(MessageType.REPLY)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        end();
        core().fine();
        Duration refresh = message.options()
                .first(Option.InformationRefreshTime.class)
                .map(option -> Duration.ofSeconds(option.seconds()))
                .orElse(REFRESH);
        done.accept(refresh.compareTo(LEAST_REFRESH) < 0 ? LEAST_REFRESH : refresh);
        return ClientCounter.RECEIVED_ANSWER;
    }

    @Override
    void givenUp() {
        throw new IllegalStateException("an Information-request is never given up (MRC 0, MRD 0)");
    }
}
