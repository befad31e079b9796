package io.dstm.dhcpv6.internal.server;

import io.dstm.api.lease.ClientCaller;
import io.dstm.api.lease.ClientId;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageType;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.Option.ReconfAccept;
import io.dstm.dhcpv6.internal.codec.Options;
import io.dstm.dhcpv6.internal.common.Rkap;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Agrees with clients that they may be called, gives them their keys, remembers where they are, and calls them (RFC 8415 sections
 * 18.3.11, 20.4 and 21.20). For any thread.
 */
final class Reconfiguration {

    /** Messages in which a client says whether it may be called. */
    private static final Set<MessageType> NEGOTIATING = Set.of(
            MessageType.SOLICIT,
            MessageType.REQUEST,
            MessageType.RENEW,
            MessageType.REBIND,
            MessageType.INFORMATION_REQUEST);

    private static final Set<MessageType> PROLONGING = Set.of(MessageType.RENEW, MessageType.REBIND);

    /**
     * Messages whose Reply has the key. RFC 8415 section 20.4.2 names the first three; who rebinds may come from another server, of
     * which it has another key.
     */
    private static final Set<MessageType> KEYED =
            Set.of(MessageType.SOLICIT, MessageType.REQUEST, MessageType.INFORMATION_REQUEST, MessageType.REBIND);

    private static final String DUID = "duid:";

    private static final Logger log = LoggerFactory.getLogger(Reconfiguration.class);

    private final ContactBook contacts;
    private final ReconfigureKeys keys;
    private final Caller caller;

    Reconfiguration(ContactBook contacts, ReconfigureKeys keys, Caller.Later later, Caller.Wire wire, Runnable sent) {
        this.contacts = contacts;
        this.keys = keys;
        this.caller = new Caller(contacts, keys, later, wire, sent);
    }

    /**
     * With what the files in {@code directory} hold.
     *
     * @param worker may block; also tells when it is time to call again
     * @throws IOException if there is no secret and none can be made; the message says what to do
     */
    static Reconfiguration open(
            Path directory, InstantSource clock, ScheduledExecutorService worker, Caller.Wire wire, Runnable sent)
            throws IOException {
        Executor writer = task -> {
            try {
                worker.execute(task);
            } catch (RejectedExecutionException stopped) {
                // What a stopped server does not note is noted by the next one, or heard again.
                log.debug("not written, the server stops", stopped);
            }
        };
        Caller.Later later = (delay, action) -> {
            try {
                Future<?> timer = worker.schedule(action, delay.toMillis(), TimeUnit.MILLISECONDS);
                return () -> timer.cancel(false);
            } catch (RejectedExecutionException stopped) {
                return () -> {};
            }
        };
        ReconfigureKeys keys = ReconfigureKeys.open(directory.resolve("dhcpv6-reconfigure"), clock, writer);
        return new Reconfiguration(
                ContactBook.open(directory.resolve("dhcpv6-contacts"), writer), keys, later, wire, sent);
    }

    /** What the server says to {@code question}, with what belongs to calls added to it. */
    Answer.Send answered(
            ServerContext server, Message.Direct question, Answer.Send answer, RelayPath path, Arrival arrival) {
        Optional<Octets> client =
                question.options().first(Option.ClientId.class).map(Option.ClientId::duid);
        if (client.isEmpty() || !NEGOTIATING.contains(question.type())) {
            return answer;
        }
        caller.came(client.get(), question.type());
        boolean reply = answer.message().type().equals(MessageType.REPLY);
        boolean says = question.options().has(ReconfAccept.class);
        // Who agreed need not say so again when it renews or rebinds (RFC 8415 sections 18.2.4 and 18.2.5; dibbler does
        // not).
        boolean agrees = says
                || PROLONGING.contains(question.type())
                        && contacts.of(client.get()).isPresent();
        if (!agrees || !server.settings().operation().reconfigure()) {
            // Another program of the host may ask for information under the same DUID.
            if (reply && !question.type().equals(MessageType.INFORMATION_REQUEST)) {
                contacts.forget(client.get());
            }
            return answer;
        }
        List<Option> more = new ArrayList<>();
        if (says) {
            more.add(new ReconfAccept());
        }
        if (reply) {
            if (says && KEYED.contains(question.type())) {
                OptionalLong replay = keys.next();
                if (replay.isEmpty()) {
                    return answer;
                }
                more.add(Rkap.keyOption(replay.getAsLong(), keys.keyOf(client.get())));
            }
            boolean holder = question.type().equals(MessageType.INFORMATION_REQUEST)
                    ? contacts.isHolder(client.get())
                    : holdsSomething(answer.message().options());
            Contact.of(client.get(), arrival.source(), arrival.port(), arrival.device(), path)
                    .ifPresent(contact -> contacts.heard(contact, holder));
        }
        Message.Direct message = answer.message();
        Options options = message.options().and(more.toArray(Option[]::new));
        return new Answer.Send(new Message.Direct(message.type(), message.transactionId(), options), answer.counter());
    }

    /** Whether an answer has something that its client holds from then on. */
    static boolean holdsSomething(Options options) {
        return options.list().stream()
                .anyMatch(option -> option instanceof Option.S46ContLw
                        || option instanceof Option.Association ia
                                && (ia.options().has(Option.IaAddress.class)
                                        || ia.options().has(Option.IaPrefix.class)));
    }

    /** Whether a client can be called. */
    boolean isCallable(ClientId client) {
        return duid(client).flatMap(contacts::of).isPresent();
    }

    /** Calls a client. */
    CompletionStage<ClientCaller.Outcome> call(ServerContext server, ClientId client, ClientCaller.Purpose purpose) {
        Optional<Octets> duid = duid(client);
        return duid.isEmpty()
                ? CompletableFuture.completedStage(ClientCaller.Outcome.NOT_CALLABLE)
                : caller.call(server, duid.get(), purpose);
    }

    private static Optional<Octets> duid(ClientId client) {
        if (!client.identity().startsWith(DUID)) {
            return Optional.empty();
        }
        try {
            return Optional.of(Octets.parse(client.identity().substring(DUID.length())));
        } catch (IllegalArgumentException notHexadecimal) {
            return Optional.empty();
        }
    }

    /** How many clients can be called. */
    int callable() {
        return contacts.size();
    }

    /** Gives all calls up. */
    void close() {
        caller.close();
    }
}
