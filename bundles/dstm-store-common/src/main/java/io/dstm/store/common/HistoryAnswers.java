package io.dstm.store.common;

import io.dstm.api.lease.LeaseHistory.Answer;
import io.dstm.api.lease.LeaseHistory.End;
import io.dstm.api.lease.LeaseHistory.Entry;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.net.Ipv4Address;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;

/** Answers of entries. */
public final class HistoryAnswers {

    private static final Comparator<Entry> ORDER = Comparator.comparing(Entry::from)
            .thenComparing(entry -> entry.key().address())
            .thenComparingInt(entry -> entry.key().ports().firstPort())
            .thenComparing(Entry::to);

    private HistoryAnswers() {}

    /** The page that is asked for, of those {@code entries} that match. */
    public static Answer answer(List<Entry> entries, Question question, Instant now) {
        List<Entry> matching = entries.stream()
                .filter(entry -> matches(entry, question))
                .map(entry -> entry.end() == End.HELD && !entry.to().isAfter(now) ? over(entry) : entry)
                .sorted(ORDER)
                .toList();
        return new Answer(
                matching.stream()
                        .skip(question.offset())
                        .limit(question.limit())
                        .toList(),
                question.offset(),
                matching.size());
    }

    /** Whether an entry is among what is asked for. */
    public static boolean matches(Entry entry, Question question) {
        Ipv4Address address = question.address();
        Integer port = question.port();
        String client = question.client();
        boolean inItsSecond = entry.to().equals(entry.from()) && !entry.from().isBefore(question.from());
        return entry.from().isBefore(question.to())
                && (entry.to().isAfter(question.from()) || inItsSecond)
                && (address == null || entry.key().address().equals(address))
                && (port == null || entry.key().ports().contains(port))
                && (client == null || entry.client().identity().equals(client));
    }

    /** The end of a lease that nobody was there to see: it ended with its time. */
    private static Entry over(Entry entry) {
        return new Entry(
                entry.key(),
                entry.client(),
                entry.tunnelSource(),
                entry.tunnelAddress(),
                entry.pool(),
                entry.from(),
                entry.to(),
                End.EXPIRED);
    }
}
