package io.dstm.dhcpv6.internal.client;

import io.dstm.api.lease.LeaseKey;
import io.dstm.dhcpv6.internal.client.ClientCore.Ready;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import java.util.List;
import java.util.Optional;

/** Gives a lease back (RFC 8415 sections 18.2.7 and 18.2.8). Any answer will do, and after the last transmission none. */
final class ReturnExchange extends Dhcpv6Exchange {

    private final Runnable done;
    private final Octets server;
    private final LeaseKey key;

    /**
     * A Release or Decline.
     *
     * @param done runs once, when it is over
     */
    ReturnExchange(ClientCore core, MessageType type, Octets server, LeaseKey key, Runnable done) {
        super(core, type);
        this.server = server;
        this.key = key;
        this.done = done;
    }

    @Override
    Schedule schedule() {
        return new Retransmission(Retransmission.Parameters.RELEASE, core().random(), false);
    }

    @Override
    List<Option> content(Ready now) {
        return List.of(new Option.ServerId(server), core().dialect().ask(Optional.of(key)));
    }

    /** "the client considers the Release event completed, regardless of the Status Code option" (RFC 8415 section 18.2.10.2). */
    @Override
    ClientCounter receive(Message.Direct message, Octets from) {
        if (!message.type().equals(MessageType.REPLY)) {
            return ClientCounter.DROP_MESSAGE_TYPE;
        }
        if (!from.equals(server)) {
            return ClientCounter.DROP_OTHER_SERVER;
        }
        end();
        core().fine();
        done.run();
        return ClientCounter.RECEIVED_ANSWER;
    }

    @Override
    void givenUp() {
        core().fine();
        done.run();
    }
}
