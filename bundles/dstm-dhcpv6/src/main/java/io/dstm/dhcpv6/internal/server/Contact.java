package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Options;
import java.util.List;
import java.util.Optional;

/**
 * Where a client was heard last, and so where it can be called.
 *
 * @param client its DUID
 * @param source where the datagram came from: the client, or the relay next to the server
 * @param port the UDP port there
 * @param device the interface, if the source is link-local; else empty
 * @param path the relays, with what a Relay-reply repeats of theirs
 */
record Contact(Octets client, Ipv6Address source, int port, String device, RelayPath path) {

    /** No honest chain of relays comes near; a bound on what strangers can have remembered. */
    private static final int LONGEST_PATH = 1024;

    /** What stands in the place of a client's message. The codes of the DSTM options do not matter: there are none. */
    private static final MessageCodec CODEC = new MessageCodec(DstmCodes.DEFAULT);

    private static final Message.Direct NOTHING = new Message.Direct(MessageType.RECONFIGURE, 0, Options.NONE);

    private static final String DIRECTLY = "-";

    /** What is to be remembered of a message; empty if it came in too strange a way. */
    static Optional<Contact> of(Octets client, Ipv6Address source, int port, String device, RelayPath path) {
        RelayPath trimmed = path.trimmed();
        if (!trimmed.relays().isEmpty() && CODEC.encode(trimmed.forward(NOTHING)).length > LONGEST_PATH) {
            return Optional.empty();
        }
        return Optional.of(new Contact(client, source, port, device, trimmed));
    }

    /** {@code message} on its way to the client. */
    Outgoing outgoing(MessageCodec codec, Message.Direct message) {
        return new Outgoing(codec.encode(path.wrap(message)), source, path.answerPort(port));
    }

    /** One line without its end. */
    String toLine() {
        String relays = path.relays().isEmpty()
                ? DIRECTLY
                : Octets.of(CODEC.encode(path.forward(NOTHING))).toString();
        return String.join(
                " ",
                client.toString(),
                source.toString(),
                Integer.toString(port),
                device.isEmpty() ? DIRECTLY : device,
                relays);
    }

    /** Reads a line; empty if it is none, as the last one can be after a crash. */
    static Optional<Contact> ofLine(String line) {
        String[] parts = line.split(" ", -1);
        if (parts.length != 5) {
            return Optional.empty();
        }
        try {
            RelayPath path = new RelayPath(List.of());
            if (!parts[4].equals(DIRECTLY)) {
                if (!(CODEC.decode(Octets.parse(parts[4]).toBytes()) instanceof Decoded.Good good)) {
                    return Optional.empty();
                }
                path = RelayPath.unwrap(good.message()).path();
            }
            return Optional.of(new Contact(
                    Octets.parse(parts[0]),
                    Ipv6Address.parse(parts[1]),
                    Integer.parseInt(parts[2]),
                    parts[3].equals(DIRECTLY) ? "" : parts[3],
                    path.trimmed()));
        } catch (IllegalArgumentException broken) {
            return Optional.empty();
        }
    }
}
