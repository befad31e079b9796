package io.dstm.store.journal.internal;

import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.StoreFailure;
import io.dstm.store.common.StoreProblem;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The files of the history, oldest first. Their entries have numbers without a gap. They come here after the block of the journal that
 * has them too is flushed, and are flushed here before that block may go, so what a power cut takes is in the journal. The thread of
 * the store changes; others read {@link #files}.
 */
final class HistoryFiles {

    private static final int PARTS = 16;
    private static final long SHORTEST_SECONDS = 3_600;
    private static final long SMALLEST = 1_000;

    private static final Logger log = LoggerFactory.getLogger(HistoryFiles.class);

    private final Disk disk;
    private final Executor background;
    private final int entriesPerFile;
    private final InstantSource clock;
    private final Output out = new Output();
    private volatile List<HistoryFile> files = List.of();
    private volatile long flushed;
    private volatile boolean flushing;

    /** Of what was appended so much is in the files. */
    private int done;

    private volatile long appended;
    private boolean overLimit;
    private volatile HistorySettings settings = HistorySettings.NONE;

    /**
     * Files that are not open yet.
     *
     * @param background flushes and makes indexes
     * @param entriesPerFile how many entries make a file full
     */
    HistoryFiles(Disk disk, Executor background, int entriesPerFile, InstantSource clock) {
        this.disk = disk;
        this.background = background;
        this.entriesPerFile = entriesPerFile;
        this.clock = clock;
    }

    /** Opens what there is. Entries that are in the journal alone follow, by {@link #append}. */
    void open() throws IOException, StoreProblem {
        TreeSet<Long> firsts = new TreeSet<>();
        for (String name : disk.list()) {
            HistoryFile.first(name).ifPresent(firsts::add);
        }
        List<HistoryFile> opened = new ArrayList<>();
        try {
            for (long first : firsts) {
                HistoryFile file = new HistoryFile(first, disk.open(HistoryFile.name(first)));
                opened.add(file);
                boolean isLast = first == firsts.last();
                if (!restore(file, isLast)) {
                    opened.remove(file);
                    file.file().close();
                    disk.delete(HistoryFile.name(first));
                    break;
                }
                if (!isLast && !firsts.tailSet(first, false).first().equals(file.next())) {
                    throw damaged(first, "entries are missing behind it");
                }
            }
        } catch (IOException | StoreProblem failed) {
            opened.forEach(file -> file.file().close());
            throw failed;
        }
        files = List.copyOf(opened);
        appended = opened.isEmpty() ? 0 : opened.get(opened.size() - 1).next();
        flushed = appended;
    }

    /** Learns what is in a file; false if it was made and not used. */
    private boolean restore(HistoryFile file, boolean isLast) throws IOException, StoreProblem {
        if (!isLast && restoreByIndex(file)) {
            return true;
        }
        ByteBuffer content = file.content(file.file().size());
        int version = file.version(content);
        if (version > HistoryFile.VERSION) {
            throw new StoreProblem(
                    StoreFailure.NEWER,
                    "The history in " + disk.place() + " was written by a newer release (format " + version + ")",
                    null);
        }
        if (version < 0) {
            if (isLast && content.limit() <= HistoryFile.HEADER) {
                return false;
            }
            throw damaged(file.first(), "its header");
        }
        int at = HistoryFile.HEADER;
        int next = HistoryFile.behind(content, at);
        while (next > 0 && content.getLong(at + HistoryFile.CRC + Entries.H_ID) == file.next()) {
            file.note(content, at + HistoryFile.CRC);
            at = next;
            next = HistoryFile.behind(content, at);
        }
        file.setEnd(at);
        if (at < content.limit()) {
            if (!isLast) {
                throw damaged(file.first(), "an entry at " + at);
            }
            // What is missing here is in the journal still.
            file.file().truncate(at);
        }
        file.file().flush();
        return true;
    }

    private boolean restoreByIndex(HistoryFile file) throws IOException {
        String name = HistoryIndex.name(file.first());
        if (!disk.list().contains(name)) {
            return false;
        }
        Disk.File indexFile = disk.open(name);
        HistoryIndex index = HistoryIndex.open(indexFile, file);
        if (index == null) {
            indexFile.close();
            return false;
        }
        file.setIndex(index);
        return true;
    }

    private StoreProblem damaged(long first, String what) {
        return Recovery.damaged(disk, HistoryFile.name(first) + ": " + what, null);
    }

    /** The files, oldest first. From any thread. */
    List<HistoryFile> files() {
        return files;
    }

    /** The number of the next entry. */
    long next() {
        return appended;
    }

    private long written() {
        List<HistoryFile> all = files;
        return all.isEmpty() ? 0 : all.get(all.size() - 1).next();
    }

    /** All entries before this one would survive a power cut in these files. From any thread. */
    long flushed() {
        return flushed;
    }

    /** How many entries there are. */
    long count() {
        List<HistoryFile> all = files;
        return all.isEmpty() ? 0 : written() - all.get(0).first();
    }

    /** How much is kept. From any thread. */
    HistorySettings settings() {
        return settings;
    }

    /** Appends an entry of the journal; it is not in the file before {@link #write}. */
    void append(ByteBuffer in, int at) {
        int length = Entries.length(in, at);
        ByteBuffer target = out.room(HistoryFile.CRC + length);
        target.putInt(HistoryFile.crc(in, at, at + length));
        target.put(in.duplicate().limit(at + length).position(at));
        appended = in.getLong(at + Entries.H_ID) + 1;
    }

    /** Writes what was appended. A failure is made good by a later call. */
    void write() {
        try {
            while (done < out.size()) {
                writeSome();
            }
            out.clear();
            done = 0;
        } catch (IOException failed) {
            report(failed);
        }
    }

    private static void report(IOException failed) {
        log.error("DSTM-7027 The history cannot be written ({}); it is tried again", failed.toString());
    }

    /** As many entries as the last file takes. */
    private void writeSome() throws IOException {
        ByteBuffer entries = out.buffer();
        List<HistoryFile> all = files;
        HistoryFile file = all.isEmpty() ? null : all.get(all.size() - 1);
        if (file == null || file.count() >= entriesPerFile) {
            file = begin(entries.getLong(done + HistoryFile.CRC + Entries.H_ID));
        }
        int behind = done;
        for (long count = file.count(); count < entriesPerFile && behind < out.size(); count++) {
            behind += HistoryFile.CRC + Entries.length(entries, behind + HistoryFile.CRC);
        }
        file.file().write(entries.duplicate().limit(behind).position(done), file.end());
        while (done < behind) {
            int length = HistoryFile.CRC + Entries.length(entries, done + HistoryFile.CRC);
            file.note(entries, done + HistoryFile.CRC);
            file.setEnd(file.end() + length);
            done += length;
        }
    }

    /** Begins a file with an entry; the one before is flushed and gets its index in the background. */
    private HistoryFile begin(long first) throws IOException {
        List<HistoryFile> all = new ArrayList<>(files);
        if (!all.isEmpty()) {
            HistoryFile full = all.get(all.size() - 1);
            full.file().flush();
            flushed = Math.max(flushed, full.next());
            background.execute(() -> makeIndex(full));
        }
        HistoryFile file = new HistoryFile(first, disk.open(HistoryFile.name(first)));
        file.file().truncate(0);
        file.file().write(HistoryFile.header(first), 0);
        file.file().flush();
        disk.flushNames();
        all.add(file);
        files = List.copyOf(all);
        return file;
    }

    private void makeIndex(HistoryFile of) {
        try {
            ByteBuffer content = HistoryIndex.make(of);
            Disk.File file = disk.open(HistoryIndex.name(of.first()));
            file.truncate(0);
            file.write(content, 0);
            file.flush();
            of.setIndex(java.util.Objects.requireNonNull(HistoryIndex.open(file, of)));
        } catch (IOException failed) {
            // Questions read the whole file until the next start.
            log.warn(
                    "DSTM-7028 There is no index for a part of the history ({}); questions take longer",
                    failed.toString());
        }
    }

    /** Flushes in the background, if there is anything to flush. */
    void flushSoon() {
        List<HistoryFile> all = files;
        if (flushing || all.isEmpty() || flushed == written()) {
            return;
        }
        flushing = true;
        HistoryFile last = all.get(all.size() - 1);
        long upTo = last.next();
        background.execute(() -> {
            try {
                last.file().flush();
                flushed = Math.max(flushed, upTo);
            } catch (IOException failed) {
                report(failed);
            } finally {
                flushing = false;
            }
        });
    }

    /** Says how much is kept from now on. */
    void keep(HistorySettings wanted) {
        settings = wanted;
    }

    /** Entries that end earlier, in seconds since 1970, are not kept any more. */
    long oldest() {
        return clock.instant().minus(settings.keep()).getEpochSecond();
    }

    /** The number of the first entry that is kept. */
    long firstKept() {
        return settings.on() ? Math.max(0, written() - settings.limit()) : Long.MAX_VALUE;
    }

    /** Lets go of files in which nothing is kept any more, and begins a new one if the present one gets too old to go in one piece. */
    void upkeep() {
        List<HistoryFile> all = files;
        if (all.isEmpty() || count() == 0) {
            return;
        }
        try {
            HistoryFile last = all.get(all.size() - 1);
            if (last.count() > 0 && mustGoOn(last)) {
                begin(last.next());
            }
        } catch (IOException failed) {
            report(failed);
            return;
        }
        noteLimit();
        while (files.size() > 1 && isOver(files.get(0))) {
            HistoryFile gone = files.get(0);
            files = List.copyOf(files.subList(1, files.size()));
            background.execute(() -> delete(gone));
        }
    }

    /** Files are dropped whole, so none may grow over a small part of what is kept. */
    private boolean mustGoOn(HistoryFile last) {
        long age = Math.max(settings.keep().toSeconds() / PARTS, SHORTEST_SECONDS);
        return isOver(last)
                || last.count() > settings.limit() / PARTS + SMALLEST
                || last.firstEnd() < clock.instant().getEpochSecond() - age;
    }

    private boolean isOver(HistoryFile file) {
        return !settings.on() || file.latest() <= oldest() || file.next() <= firstKept();
    }

    private void delete(HistoryFile gone) {
        HistoryIndex index = gone.index();
        gone.file().close();
        if (index != null) {
            index.close();
        }
        try {
            disk.delete(HistoryIndex.name(gone.first()));
            disk.delete(HistoryFile.name(gone.first()));
            // Before the next one goes: a power cut must not bring this one back without that.
            disk.flushNames();
        } catch (IOException refused) {
            log.warn(
                    "DSTM-7025 {} is not needed any more and cannot be deleted ({})",
                    HistoryFile.name(gone.first()),
                    refused.toString());
        }
    }

    private void noteLimit() {
        HistoryFile oldest = files.get(0);
        boolean over = settings.on() && count() > settings.limit() && oldest.latest() > oldest();
        if (over && !overLimit) {
            log.warn(
                    "DSTM-7021 The history has reached history.limit, {} entries, so entries are dropped before history.keep is"
                            + " over; raise the limit or keep less",
                    settings.limit());
        }
        overLimit = over || overLimit && settings.on() && count() > settings.limit() - settings.limit() / 10;
    }

    /** Flushes and lets go of everything; the background must be at rest. */
    void close() {
        write();
        for (HistoryFile file : files) {
            HistoryIndex index = file.index();
            if (index != null) {
                index.close();
            }
            file.file().close();
        }
        files = List.of();
    }
}
