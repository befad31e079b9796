package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;
import io.dstm.dhcpv6.internal.codec.Decoded;
import io.dstm.dhcpv6.internal.codec.DstmCodes;
import io.dstm.dhcpv6.internal.codec.Message;
import io.dstm.dhcpv6.internal.codec.MessageCodec;
import io.dstm.dhcpv6.internal.codec.Octets;
import io.dstm.dhcpv6.internal.codec.Option;
import io.dstm.dhcpv6.internal.codec.OptionCode;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When each client that holds something was heard last, and what the relays on the way said of it: what leasequeries ask for (RFC
 * 5007 section 4.1.2.3 and 4.1.2.4, RFC 5460 section 5.3). Where relays are, it is kept in a file; the time in it is that of the last
 * change.
 */
final class RelayNotes {

    private static final Logger log = LoggerFactory.getLogger(RelayNotes.class);

    /** Some 300 bytes of heap each. */
    static final int MOST = 1_000_000;

    /** As with {@link Contact}: no honest chain of relays comes near. */
    private static final int LONGEST_CHAIN = 1024;

    /** The codes of the DSTM options do not matter: relays have none. */
    private static final MessageCodec CODEC = new MessageCodec(DstmCodes.DEFAULT);

    private static final String NOWHERE = "-";

    private final InstantSource clock;
    private final int most;
    private final LineFile file;

    /** The one heard longest ago first; guarded by this. */
    private final LinkedHashMap<Octets, Note> notes = new LinkedHashMap<>();

    /** How many of them came through relays; guarded by this. */
    private int relayed;

    /**
     * What is noted of a client.
     *
     * @param peer the relay that the server heard; {@code null} if the client was heard itself
     * @param chain the relays' messages without the client's; empty if there were none
     * @param heard when, seconds since 1970
     */
    record Note(@Nullable Ipv6Address peer, Octets chain, long heard) {

        /** The relays, the one next to the server first. */
        private List<Message.Relayed> relays() {
            return peer != null && CODEC.decode(chain.toBytes()) instanceof Decoded.Good good
                    ? RelayPath.unwrap(good.message()).path().relays()
                    : List.of();
        }

        /** The link that the client is on, as its relays say. */
        Optional<Ipv6Address> link() {
            return Optional.ofNullable(new RelayPath(relays())
                    .origin(Ipv6Address.UNSPECIFIED, null)
                    .link());
        }

        /** Whether one of the relays has this identity. */
        boolean hasRelay(Octets duid) {
            return relays().stream().anyMatch(relay -> relay.options()
                    .first(Option.RelayId.class)
                    .filter(id -> id.duid().equals(duid))
                    .isPresent());
        }

        /** Whether one of the relays calls the client so, enterprise number included. */
        boolean hasRemoteId(Octets id) {
            return relays().stream()
                    .anyMatch(relay -> remoteId(relay.options().list()).equals(Optional.of(id)));
        }

        private boolean sameWay(@Nullable Note other) {
            return other != null && chain.equals(other.chain) && java.util.Objects.equals(peer, other.peer);
        }
    }

    /** The Remote-ID among options. */
    static Optional<Octets> remoteId(List<Option> options) {
        for (Option option : options) {
            if (option instanceof Option.Unknown unknown && unknown.code().equals(OptionCode.REMOTE_ID)) {
                return Optional.of(unknown.data());
            }
        }
        return Optional.empty();
    }

    private RelayNotes(Path path, Executor writer, InstantSource clock, int most) {
        this.clock = clock;
        this.most = most;
        this.file = new LineFile(
                path,
                writer,
                this::relayed,
                this::lines,
                new LineFile.Complaints(
                        problem -> log.warn(
                                "DSTM-4113 {} cannot be read ({}). Leasequeries by relay find clients once they have asked anew.",
                                path,
                                problem),
                        problem -> log.warn(
                                "DSTM-4114 {} cannot be written ({}). After a restart leasequeries by relay find clients once they"
                                        + " have asked anew.",
                                path,
                                problem)));
    }

    /** Notes with what the file holds. */
    static RelayNotes open(Path path, Executor writer, InstantSource clock) {
        return open(path, writer, clock, MOST);
    }

    static RelayNotes open(Path path, Executor writer, InstantSource clock, int most) {
        RelayNotes opened = new RelayNotes(path, writer, clock, most);
        opened.load();
        return opened;
    }

    private synchronized void load() {
        file.read(this::take);
    }

    private void take(String line) {
        String[] parts = line.split(" ", -1);
        if (parts.length != 4) {
            return;
        }
        try {
            boolean direct = parts[2].equals(NOWHERE);
            put(
                    Octets.parse(parts[0]),
                    new Note(
                            direct ? null : Ipv6Address.parse(parts[2]),
                            direct ? Octets.NONE : Octets.parse(parts[3]),
                            Long.parseLong(parts[1])));
        } catch (IllegalArgumentException broken) {
            log.debug("a line is broken", broken);
        }
    }

    private boolean put(Octets client, Note note) {
        Note before = notes.remove(client);
        count(before, -1);
        notes.put(client, note);
        count(note, 1);
        if (notes.size() > most) {
            Iterator<Note> oldest = notes.values().iterator();
            count(oldest.next(), -1);
            oldest.remove();
        }
        return !note.sameWay(before);
    }

    private void count(@Nullable Note note, int by) {
        if (note != null && note.peer != null) {
            relayed += by;
        }
    }

    private synchronized int relayed() {
        return relayed;
    }

    private synchronized List<String> lines() {
        List<String> all = new ArrayList<>(relayed);
        notes.forEach((client, note) -> {
            if (note.peer != null) {
                all.add(line(client, note));
            }
        });
        return all;
    }

    private static String line(Octets client, Note note) {
        return note.peer == null
                ? String.join(" ", client.toString(), Long.toString(note.heard), NOWHERE, NOWHERE)
                : String.join(
                        " ", client.toString(), Long.toString(note.heard), note.peer.toString(), note.chain.toString());
    }

    /** Notes a client that was answered; {@code holder} if the answer has what it holds. */
    void answered(Octets client, Ipv6Address source, RelayPath path, boolean holder) {
        Octets chain = path.relays().isEmpty() ? Octets.NONE : Octets.of(CODEC.encode(path.withoutMessage()));
        if (chain.length() > LONGEST_CHAIN) {
            return;
        }
        Note note = new Note(
                path.relays().isEmpty() ? null : source, chain, clock.instant().getEpochSecond());
        synchronized (this) {
            Note before = notes.get(client);
            if (!holder && before == null) {
                return;
            }
            boolean wasRelayed = before != null && before.peer != null;
            if (put(client, note) && (note.peer != null || wasRelayed)) {
                file.append(line(client, note));
            }
        }
    }

    /** What is noted of a client. */
    synchronized Optional<Note> of(Octets client) {
        return Optional.ofNullable(notes.get(client));
    }

    /** How many clients are noted. */
    synchronized int size() {
        return notes.size();
    }

    /** When a client was heard. */
    static Instant heard(Note note) {
        return Instant.ofEpochSecond(note.heard);
    }
}
