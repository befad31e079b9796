package io.dstm.shell.internal;

import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.api.net.Ipv4Address;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import org.apache.karaf.shell.api.action.Argument;
import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Service;
import org.jspecify.annotations.Nullable;

/** {@code dstm:history}. */
@Service
@Command(scope = "dstm", name = "history", description = "Shows who held an IPv4 address and port when")
public class HistoryCommand extends NodeCommand {

    private static final View NO_HISTORY =
            View.sentence("No store of leases is open on this node, so nothing is known of former holders.");

    @Argument(name = "address", description = "The IPv4 address, with a port behind a colon if that is known")
    @Completion(AddressCompleter.class)
    @Nullable
    String address;

    @Option(name = "--client", description = "The whole identity of the client, such as duid:0001...")
    @Completion(ClientCompleter.class)
    @Nullable
    String client;

    @Option(name = "--at", description = "The moment, such as 2026-11-21T12:00:00Z or 2026-11-21T13:00:00+01:00")
    @Nullable
    String at;

    @Option(name = "--from", description = "The begin of a time")
    @Nullable
    String from;

    @Option(name = "--to", description = "The end of a time, exclusive")
    @Nullable
    String to;

    @Option(name = "--limit", description = "How many to show")
    int limit = 100;

    @Option(name = "--offset", description = "How many to skip")
    int offset;

    @Override
    View view() {
        Question question = question();
        Optional<LeaseHistory> history = node.history();
        if (history.isEmpty()) {
            return NO_HISTORY;
        }
        try {
            return new HistoryView(history.get().find(question), history.get().keep());
        } catch (LeaseStoreException failed) {
            return View.sentence(String.valueOf(failed.getMessage()));
        }
    }

    private Question question() {
        String place = address;
        int colon = place == null ? -1 : place.indexOf(':');
        Instant begin = from == null ? Instant.EPOCH : time(from);
        Instant end = to == null ? LeaseHistory.NO_END : time(to);
        if (at != null) {
            if (from != null || to != null) {
                throw new IllegalArgumentException("give either --at or --from and --to");
            }
            begin = Instant.ofEpochSecond(time(at).getEpochSecond());
            end = begin.plusSeconds(1);
        }
        return new Question(
                place == null ? null : Ipv4Address.parse(colon < 0 ? place : place.substring(0, colon)),
                place == null || colon < 0 ? null : port(place.substring(colon + 1)),
                client == null ? null : identity(client),
                begin,
                end,
                offset,
                limit);
    }

    /** Leases show a client with its association behind a slash; the history is of all of them. */
    private static String identity(String client) {
        int slash = client.lastIndexOf('/');
        return slash < 0 ? client : client.substring(0, slash);
    }

    private static int port(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException("'" + text + "' is not a port", notANumber);
        }
    }

    /** Without a zone a time would name two people on two machines. */
    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException unreadable) {
            throw new IllegalArgumentException(
                    "'" + text + "' is not a time with its zone, like 2026-11-21T12:00:00Z", unreadable);
        }
    }
}
