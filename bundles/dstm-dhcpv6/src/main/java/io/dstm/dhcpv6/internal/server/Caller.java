package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.ClientCaller;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.common.Rkap;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** Calls clients with Reconfigure until they come (RFC 8415 section 18.3.11). For any thread. */
final class Caller {

    /** REC_TIMEOUT (RFC 8415 section 7.6): the first wait; each next one is twice as long. */
    static final Duration FIRST_WAIT = Duration.ofSeconds(2);

    /** REC_MAX_RC (RFC 8415 section 7.6): as many messages are sent. */
    static final int MOST_MESSAGES = 8;

    /** Clients that are called at once: some 100 KB, and as many messages in a second at worst. */
    static final int MOST_CALLS = 1000;

    /** Runs something later. */
    interface Later {

        /** Runs {@code action} after {@code delay}; the returned action keeps it from running. */
        Runnable after(Duration delay, Runnable action);
    }

    /** Sends datagrams that answer none. */
    interface Wire {

        /** Sends; {@code device} is the interface where the destination is link-local, else empty. */
        void send(Outgoing outgoing, String device);
    }

    private final ContactBook contacts;
    private final ReconfigureKeys keys;
    private final Later later;
    private final Wire wire;
    private final Runnable sent;

    /** By DUID; guarded by this. */
    private final Map<Octets, Call> calls = new HashMap<>();

    private boolean closed;

    private static final class Call {
        final ClientCaller.Purpose purpose;
        final CompletableFuture<ClientCaller.Outcome> outcome = new CompletableFuture<>();
        int messages;
        Duration wait = FIRST_WAIT;

        @Nullable
        Runnable cancel;

        Call(ClientCaller.Purpose purpose) {
            this.purpose = purpose;
        }
    }

    /**
     * A caller.
     *
     * @param sent is told of each Reconfigure
     */
    Caller(ContactBook contacts, ReconfigureKeys keys, Later later, Wire wire, Runnable sent) {
        this.contacts = contacts;
        this.keys = keys;
        this.later = later;
        this.wire = wire;
        this.sent = sent;
    }

    /** Calls a client. */
    CompletionStage<ClientCaller.Outcome> call(ServerContext server, Octets client, ClientCaller.Purpose purpose) {
        Call call;
        synchronized (this) {
            Call running = calls.get(client);
            if (closed) {
                return done(ClientCaller.Outcome.UNAVAILABLE);
            } else if (running != null) {
                return running.purpose == purpose
                        ? running.outcome.minimalCompletionStage()
                        : done(ClientCaller.Outcome.BUSY);
            } else if (contacts.of(client).isEmpty()) {
                return done(ClientCaller.Outcome.NOT_CALLABLE);
            } else if (calls.size() >= MOST_CALLS) {
                return done(ClientCaller.Outcome.BUSY);
            }
            call = new Call(purpose);
            calls.put(client, call);
        }
        transmit(server, client, call);
        return call.outcome.minimalCompletionStage();
    }

    private static CompletionStage<ClientCaller.Outcome> done(ClientCaller.Outcome outcome) {
        return CompletableFuture.completedStage(outcome);
    }

    private void transmit(ServerContext server, Octets client, Call call) {
        // The client may have been heard somewhere else meanwhile.
        Optional<Contact> contact = contacts.of(client);
        OptionalLong replay = keys.next();
        if (contact.isEmpty() || replay.isEmpty()) {
            end(client, call, contact.isEmpty() ? ClientCaller.Outcome.NOT_CALLABLE : ClientCaller.Outcome.UNAVAILABLE);
            return;
        }
        Outgoing outgoing;
        synchronized (this) {
            if (calls.get(client) != call) {
                return;
            }
            if (call.messages == MOST_MESSAGES) {
                outgoing = null;
            } else {
                call.messages++;
                outgoing =
                        contact.get().outgoing(server.codec(), reconfigure(server, client, call, replay.getAsLong()));
                call.cancel = later.after(call.wait, () -> transmit(server, client, call));
                call.wait = call.wait.multipliedBy(2);
            }
        }
        if (outgoing == null) {
            end(client, call, ClientCaller.Outcome.NO_ANSWER);
        } else {
            sent.run();
            wire.send(outgoing, contact.get().device());
        }
    }

    private Message.Direct reconfigure(ServerContext server, Octets client, Call call, long replay) {
        Message.Direct bare = new Message.Direct(
                MessageType.RECONFIGURE,
                0,
                Options.of(
                        new Option.ServerId(server.duid()),
                        new Option.ClientId(client),
                        new Option.ReconfMsg(type(call.purpose))));
        return Rkap.sign(server.codec(), bare, replay, keys.keyOf(client));
    }

    private static MessageType type(ClientCaller.Purpose purpose) {
        return switch (purpose) {
            case RENEW -> MessageType.RENEW;
            case REBIND -> MessageType.REBIND;
            case INFORM -> MessageType.INFORMATION_REQUEST;
        };
    }

    /**
     * A client was answered. "The server interprets the receipt of a Renew, Rebind, or Information-request message (whichever was
     * specified in the original Reconfigure message) from the client as satisfying the Reconfigure message request." Who has nothing
     * to renew asks for it instead, and dibbler-client renews where it is to rebind: calling again would bring the same.
     */
    void came(Octets client, MessageType with) {
        Call call;
        synchronized (this) {
            call = calls.get(client);
        }
        if (call != null
                && (call.purpose == ClientCaller.Purpose.INFORM) == with.equals(MessageType.INFORMATION_REQUEST)) {
            end(client, call, ClientCaller.Outcome.ANSWERED);
        }
    }

    private void end(Octets client, Call call, ClientCaller.Outcome outcome) {
        Runnable cancel;
        synchronized (this) {
            calls.remove(client, call);
            cancel = call.cancel;
        }
        if (cancel != null) {
            cancel.run();
        }
        call.outcome.complete(outcome);
    }

    /** How many clients are being called. */
    synchronized int calling() {
        return calls.size();
    }

    /** Gives all calls up. */
    void close() {
        List<Octets> called;
        synchronized (this) {
            closed = true;
            called = List.copyOf(calls.keySet());
        }
        for (Octets client : called) {
            Call call;
            synchronized (this) {
                call = calls.get(client);
            }
            if (call != null) {
                end(client, call, ClientCaller.Outcome.UNAVAILABLE);
            }
        }
    }
}
