package io.dstm.dhcpv6.internal.client;

import io.dstm.api.client.ServerCall;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Auth;
import io.dstm.dhcpv6.internal.common.Rkap;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Servers that call (RFC 8415 sections 16.11, 18.2.11 and 20.4): knows them by the key that each gave with its Reply. The socket is
 * bound to the client's own address, so whatever comes was unicast to it. On the client's thread, but for {@link #tell}.
 */
final class ServerCalls {

    private static final Logger log = LoggerFactory.getLogger(ServerCalls.class);

    /** A client has one server, rarely two. */
    private static final int MOST_SERVERS = 16;

    private final ClientCore core;
    private final ClientIdentity identity;
    private volatile Consumer<ServerCall> listener = call -> {};

    private final Map<Octets, Octets> keys = bounded();
    /** The highest replay value of each server. */
    private final Map<Octets, Long> replays = bounded();

    private static <V> Map<Octets, V> bounded() {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Octets, V> eldest) {
                return size() > MOST_SERVERS;
            }
        };
    }

    ServerCalls(ClientCore core, ClientIdentity identity) {
        this.core = core;
        this.identity = identity;
    }

    /** Whom to tell of calls. */
    void tell(Consumer<ServerCall> newListener) {
        listener = newListener;
    }

    /** "only accept the message if the received value is greater" (RFC 8415 section 20.3). */
    boolean isReplayed(Message.Direct message, Octets server) {
        Optional<Auth> auth = message.options().first(Auth.class);
        Long last = replays.get(server);
        return auth.isPresent()
                && auth.get().replayMethod() == 0
                && last != null
                && Long.compareUnsigned(auth.get().replay(), last) <= 0;
    }

    /** Notes the key in a Reply. */
    void learn(Message.Direct reply, Octets server) {
        Optional<Auth> auth = reply.options().first(Auth.class);
        Optional<Octets> key = auth.flatMap(Rkap::key);
        if (auth.isPresent() && key.isPresent() && reply.options().has(Option.ReconfAccept.class)) {
            keys.put(server, key.get());
            replays.put(server, auth.get().replay());
        }
    }

    /** Takes a Reconfigure. */
    ClientCounter receive(byte[] datagram, Message.Direct call) {
        Optional<Octets> server = call.options().first(Option.ServerId.class).map(Option.ServerId::duid);
        if (server.isEmpty()) {
            return ClientCounter.DROP_OTHER_SERVER;
        }
        Optional<Octets> client = call.options().first(Option.ClientId.class).map(Option.ClientId::duid);
        if (client.isEmpty() || !client.equals(ownDuid())) {
            return ClientCounter.DROP_OTHER_CLIENT;
        }
        Octets key = keys.get(server.get());
        Optional<Auth> auth = call.options().first(Auth.class);
        if (key == null || auth.isEmpty() || !Rkap.hasDigest(auth.get()) || !Rkap.verify(datagram, key)) {
            return ClientCounter.DROP_CALL_UNSIGNED;
        }
        if (isReplayed(call, server.get())) {
            return ClientCounter.DROP_CALL_REPLAYED;
        }
        replays.put(server.get(), auth.get().replay());
        MessageType wanted = call.options()
                .first(Option.ReconfMsg.class)
                .map(Option.ReconfMsg::type)
                .orElse(MessageType.RECONFIGURE);
        boolean inform = wanted.equals(MessageType.INFORMATION_REQUEST);
        if (!inform && !wanted.equals(MessageType.RENEW) && !wanted.equals(MessageType.REBIND)) {
            return ClientCounter.DROP_CALL_TYPE;
        }
        if (!core.isQuiet()) {
            return ClientCounter.DROP_CALL_BUSY;
        }
        log.info("DSTM-4208 The DHCPv6 server calls: the client sends {}", wanted);
        if (inform) {
            new IntroductionExchange(core, refresh -> {}).begin();
        } else {
            listener.accept(wanted.equals(MessageType.RENEW) ? ServerCall.RENEW : ServerCall.REBIND);
        }
        return ClientCounter.RECEIVED_CALL;
    }

    private Optional<Octets> ownDuid() {
        try {
            return Optional.of(identity.get());
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }
}
