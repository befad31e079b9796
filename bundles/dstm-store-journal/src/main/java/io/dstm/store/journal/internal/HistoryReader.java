package io.dstm.store.journal.internal;

import io.dstm.api.lease.LeaseHistory;
import io.dstm.api.lease.LeaseHistory.Answer;
import io.dstm.api.lease.LeaseHistory.Entry;
import io.dstm.api.lease.LeaseHistory.Question;
import io.dstm.api.lease.LeaseKey;
import io.dstm.api.net.Ipv4Address;
import io.dstm.api.net.PortSet;
import io.dstm.store.common.HistoryAnswers;
import io.dstm.store.common.PackedKey;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Answers questions about the past on a thread of its own, so that no commit waits for a question and no interrupt closes a file. */
final class HistoryReader implements AutoCloseable {

    /** Finds the present holders. */
    @FunctionalInterface
    interface Present {

        /** Those that may be what is asked for; some may not be. */
        Holders find(long firstKey, long behindKey, long clientHash) throws StoreProblem;
    }

    /**
     * Present holders.
     *
     * @param entries who holds
     * @param nextHistory the number of the next entry of the history when the search for them began
     */
    record Holders(List<Entry> entries, long nextHistory) {}

    /** Files may be dropped while they are read; then there are new ones to read. */
    private static final int ATTEMPTS = 5;

    private static final long CLOSING_SECONDS = 10;

    /** Of no client that is asked for. */
    static final long ANYBODY = -1;

    private final HistoryFiles files;
    private final Present present;
    private final InstantSource clock;
    private final ExecutorService executor = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "dstm-store-history");
        thread.setDaemon(true);
        return thread;
    });

    HistoryReader(HistoryFiles files, Present present, InstantSource clock) {
        this.files = files;
        this.present = present;
        this.clock = clock;
    }

    /** Begins to look for the answer. */
    CompletableFuture<Answer> find(Question question) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        try {
            executor.execute(() -> {
                try {
                    answer.complete(look(question));
                } catch (Throwable failed) {
                    answer.completeExceptionally(failed);
                }
            });
        } catch (RejectedExecutionException closed) {
            answer.completeExceptionally(new StoreProblem(StoreFailure.CLOSED, "The store is closed", closed));
        }
        return answer;
    }

    private Answer look(Question question) throws StoreProblem {
        Ipv4Address address = question.address();
        long first = address == null ? 0 : PackedKey.pack(new LeaseKey(address, PortSet.FULL));
        long behind = address == null ? Long.MAX_VALUE : first + PackedKey.KEYS_PER_ADDRESS;
        String client = question.client();
        long hash = address != null || client == null ? ANYBODY : Entries.clientHash(client);
        // First those that hold now: who ends meanwhile is then in both, and counts once.
        Holders holders = present.find(first, behind, hash);
        Set<List<Object>> ended = new HashSet<>();
        List<Entry> entries = past(new Search(question, first, behind, hash, holders.nextHistory(), ended));
        for (Entry holder : holders.entries()) {
            if (!ended.contains(identity(holder)) && HistoryAnswers.matches(holder, question)) {
                entries.add(holder);
            }
        }
        if (entries.size() > LeaseHistory.MOST_MATCHES) {
            throw tooMuch();
        }
        return HistoryAnswers.answer(entries, question, clock.instant());
    }

    private static List<Object> identity(Entry entry) {
        return List.of(entry.key(), entry.client(), entry.from(), entry.tunnelSource(), entry.tunnelAddress());
    }

    private static StoreProblem tooMuch() {
        return new StoreProblem(
                StoreFailure.TOO_MUCH,
                "More than " + LeaseHistory.MOST_MATCHES + " entries of the history match",
                null);
    }

    /** What is looked for, and whose holding ended since the present holders were looked for. */
    private record Search(
            Question question,
            long firstKey,
            long behindKey,
            long clientHash,
            long nextHistory,
            Set<List<Object>> ended) {

        boolean mayBe(ByteBuffer in, int entry) {
            long key = in.getLong(entry + Entries.H_KEY);
            return key >= firstKey
                    && key < behindKey
                    && (clientHash == ANYBODY
                            || Entries.identityHash(in, entry + Entries.H_ASSOCIATION + 4) == clientHash);
        }
    }

    private List<Entry> past(Search search) throws StoreProblem {
        for (int attempt = 1; ; attempt++) {
            try {
                List<Entry> entries = new ArrayList<>();
                EntryReader reader = new EntryReader();
                for (HistoryFile file : files.files()) {
                    if (file.count() > 0
                            && file.earliest() <= search.question().to().getEpochSecond()
                            && file.latest() >= search.question().from().getEpochSecond()) {
                        look(file, search, reader, entries);
                    }
                }
                return entries;
            } catch (IOException failed) {
                if (attempt == ATTEMPTS) {
                    throw new StoreProblem(StoreFailure.BROKEN, "Reading the history failed (" + failed + ")", failed);
                }
            }
        }
    }

    private void look(HistoryFile file, Search search, EntryReader reader, List<Entry> into)
            throws IOException, StoreProblem {
        HistoryIndex index = file.index();
        if (index != null && index.isGood()) {
            int[] places = search.clientHash() == ANYBODY
                    ? index.byKey(search.firstKey(), search.behindKey())
                    : index.byClient(search.clientHash());
            ByteBuffer one = ByteBuffer.allocate(HistoryFile.CRC + Entries.HEAD + Entries.LONGEST);
            for (int place : places) {
                int at = place - HistoryFile.CRC;
                file.file().read(one.clear().limit(Math.min(one.capacity(), file.end() - at)), at);
                if (HistoryFile.behind(one.flip(), 0) < 0) {
                    throw damaged(file, at);
                }
                take(one, HistoryFile.CRC, search, reader, into);
            }
            return;
        }
        ByteBuffer content = file.content(file.end());
        for (int at = HistoryFile.HEADER; at < content.limit(); ) {
            int behind = HistoryFile.behind(content, at);
            if (behind < 0) {
                throw damaged(file, at);
            }
            take(content, at + HistoryFile.CRC, search, reader, into);
            at = behind;
        }
    }

    private static IOException damaged(HistoryFile file, int at) {
        return new IOException(HistoryFile.name(file.first()) + " is damaged at " + at);
    }

    private void take(ByteBuffer in, int entry, Search search, EntryReader reader, List<Entry> into)
            throws StoreProblem {
        if (!search.mayBe(in, entry)
                || in.getLong(entry + Entries.H_TO) <= files.oldest()
                || in.getLong(entry + Entries.H_ID) < files.firstKept()) {
            return;
        }
        Entry found = reader.entry(in, entry);
        if (in.getLong(entry + Entries.H_ID) >= search.nextHistory()) {
            search.ended().add(identity(found));
        }
        if (HistoryAnswers.matches(found, search.question())) {
            into.add(found);
            if (into.size() > LeaseHistory.MOST_MATCHES) {
                throw tooMuch();
            }
        }
    }

    /** Ends the thread when what was asked before is answered. */
    @Override
    public void close() {
        executor.shutdown();
        try {
            // A question that takes longer fails when its files are closed.
            executor.awaitTermination(CLOSING_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
