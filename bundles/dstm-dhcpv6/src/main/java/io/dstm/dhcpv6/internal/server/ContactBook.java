package io.dstm.dhcpv6.internal.server;

import io.dstm.dhcpv6.internal.codec.Octets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which clients can be called, and where: those that hold something, and those that only asked, each within a bound of its own, so
 * that strangers who make identities up push out nobody but each other. Kept in a file, line by line, that is written anew when
 * most of it is old. What a crash loses of it is heard again when the client asks next, so nothing waits for the disk.
 */
final class ContactBook {

    private static final Logger log = LoggerFactory.getLogger(ContactBook.class);

    /** Some 30 MB of heap when full. */
    static final int MOST_HOLDERS = 100_000;

    /** Clients without a lease are called so that they take one. */
    static final int MOST_OTHERS = 20_000;

    private static final String FORGET = "!";
    private static final String HOLDER = "+";
    private static final String OTHER = "-";

    private final LineFile file;

    /** Guarded by this, both. */
    private final Map<Octets, Contact> holders;

    private final Map<Octets, Contact> others;

    private ContactBook(Path file, Executor writer, int mostHolders, int mostOthers) {
        this.holders = bounded(mostHolders);
        this.others = bounded(mostOthers);
        this.file = new LineFile(
                file,
                writer,
                this::size,
                this::lines,
                new LineFile.Complaints(
                        problem -> log.warn(
                                "DSTM-4111 {} cannot be read ({}). Clients in it can be called again once they have asked anew.",
                                file,
                                problem),
                        problem -> log.warn(
                                "DSTM-4112 {} cannot be written ({}). After a restart clients can be called once they have asked anew.",
                                file,
                                problem)));
    }

    private static Map<Octets, Contact> bounded(int most) {
        return new LinkedHashMap<>(16, 0.75f, true) {
            private static final long serialVersionUID = 1L;

            @Override
            protected boolean removeEldestEntry(Map.Entry<Octets, Contact> eldest) {
                return size() > most;
            }
        };
    }

    /** A book with what the file holds. A file that cannot be read is an empty one: clients are heard again. */
    static ContactBook open(Path file, Executor writer) {
        return open(file, writer, MOST_HOLDERS, MOST_OTHERS);
    }

    static ContactBook open(Path file, Executor writer, int mostHolders, int mostOthers) {
        ContactBook book = new ContactBook(file, writer, mostHolders, mostOthers);
        book.load();
        return book;
    }

    private synchronized void load() {
        file.read(this::take);
    }

    private void take(String line) {
        if (line.length() < 2) {
            return;
        }
        String rest = line.substring(1);
        switch (line.substring(0, 1)) {
            case FORGET -> {
                try {
                    Octets client = Octets.parse(rest);
                    holders.remove(client);
                    others.remove(client);
                } catch (IllegalArgumentException broken) {
                    log.debug("a line is broken", broken);
                }
            }
            case HOLDER -> Contact.ofLine(rest).ifPresent(contact -> put(contact, true));
            case OTHER -> Contact.ofLine(rest).ifPresent(contact -> put(contact, false));
            default -> log.debug("a line is broken");
        }
    }

    private boolean put(Contact contact, boolean holder) {
        Map<Octets, Contact> kept = holder ? holders : others;
        Map<Octets, Contact> left = holder ? others : holders;
        boolean moved = left.remove(contact.client()) != null;
        return !Objects.equals(kept.put(contact.client(), contact), contact) || moved;
    }

    /** Remembers where a client was heard; {@code holder} if it holds something. */
    synchronized void heard(Contact contact, boolean holder) {
        if (put(contact, holder)) {
            write((holder ? HOLDER : OTHER) + contact.toLine());
        }
    }

    /** The client does not agree to be called any more. */
    synchronized void forget(Octets client) {
        Contact holder = holders.remove(client);
        Contact other = others.remove(client);
        if (holder != null || other != null) {
            write(FORGET + client);
        }
    }

    /** Whether a client held something when it was heard last. */
    synchronized boolean isHolder(Octets client) {
        return holders.containsKey(client);
    }

    /** Where to call a client. */
    synchronized Optional<Contact> of(Octets client) {
        Contact contact = holders.get(client);
        return Optional.ofNullable(contact == null ? others.get(client) : contact);
    }

    /** How many clients can be called. */
    synchronized int size() {
        return holders.size() + others.size();
    }

    private void write(String line) {
        file.append(line);
    }

    private synchronized List<String> lines() {
        List<String> all = new ArrayList<>(size());
        holders.values().forEach(contact -> all.add(HOLDER + contact.toLine()));
        others.values().forEach(contact -> all.add(OTHER + contact.toLine()));
        return all;
    }
}
