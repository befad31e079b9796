package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.Association;
import java.util.Map;
import java.util.Optional;

/**
 * Which messages a server discards (RFC 8415 sections 16.2 to 16.14). The destination address is not looked at: RFC 9915 took the
 * check for unicast away again.
 */
final class MessageValidation {

    /** What a kind of message needs of identifiers. */
    private enum Rule {
        /** Client Identifier, and no Server Identifier. */
        ANY_SERVER,
        /** Client Identifier, and this server's. */
        THIS_SERVER,
        /** No IA; if there is a Server Identifier, this server's. */
        INFORMATION
    }

    private static final Map<MessageType, Rule> RULES = Map.of(
            MessageType.SOLICIT, Rule.ANY_SERVER,
            MessageType.CONFIRM, Rule.ANY_SERVER,
            MessageType.REBIND, Rule.ANY_SERVER,
            MessageType.REQUEST, Rule.THIS_SERVER,
            MessageType.RENEW, Rule.THIS_SERVER,
            MessageType.RELEASE, Rule.THIS_SERVER,
            MessageType.DECLINE, Rule.THIS_SERVER,
            MessageType.INFORMATION_REQUEST, Rule.INFORMATION);

    private MessageValidation() {}

    /** Why {@code message} is to be discarded by the server {@code duid}; empty if it is not. */
    static Optional<ServerCounter> check(Message.Direct message, Octets duid) {
        Rule rule = RULES.get(message.type());
        if (rule == null) {
            return Optional.of(ServerCounter.DROP_MESSAGE_TYPE);
        }
        boolean hasClient = message.options().has(Option.ClientId.class);
        Optional<Option.ServerId> server = message.options().first(Option.ServerId.class);
        boolean other = server.isPresent() && !server.get().duid().equals(duid);
        if (!hasClient && rule != Rule.INFORMATION) {
            return Optional.of(ServerCounter.DROP_NO_CLIENT_ID);
        }
        return switch (rule) {
            case ANY_SERVER -> server.map(unexpected -> ServerCounter.DROP_UNEXPECTED_SERVER_ID);
            case THIS_SERVER ->
                server.isEmpty()
                        ? Optional.of(ServerCounter.DROP_NO_SERVER_ID)
                        : other ? Optional.of(ServerCounter.DROP_OTHER_SERVER) : Optional.empty();
            case INFORMATION ->
                other
                        ? Optional.of(ServerCounter.DROP_OTHER_SERVER)
                        : message.options().list().stream().anyMatch(Association.class::isInstance)
                                ? Optional.of(ServerCounter.DROP_UNEXPECTED_IA)
                                : Optional.empty();
        };
    }
}
