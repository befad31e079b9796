package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every pool file with what it says now and what of it is in force. A file that is wrong in itself, or that overlaps another, is
 * refused whole and its last good version stays; files that were refused only because of another are looked at again when that
 * other changes, so that a range can move from one file to another in any order of saving.
 */
public final class PoolRegistry implements ConfigReport {

    private static final Logger log = LoggerFactory.getLogger(PoolRegistry.class);

    private static final String PID_PREFIX = "io.dstm.pool~";

    /**
     * What is in force.
     *
     * @param pools the pools, in order of name
     * @param unsettled names of pools that have a file, but none that could be accepted yet
     */
    public record View(List<PoolConfig> pools, Set<String> unsettled) {
        /** Keeps the parts unchangeable. */
        public View {
            pools = List.copyOf(pools);
            unsettled = Set.copyOf(unsettled);
        }
    }

    private final InstantSource clock;
    /** By PID. */
    private final Map<String, File> files = new TreeMap<>();

    private final List<Consumer<View>> subscribers = new ArrayList<>();
    private View published = new View(List.of(), Set.of());
    private long changes;
    private Terms terms = Terms.DEFAULTS;
    private @Nullable Set<String> teps;

    /** A registry of no file. */
    public PoolRegistry(InstantSource clock) {
        this.clock = clock;
    }

    /** One file. */
    private static final class File {
        private final String name;
        /** What it says; {@code null} if that is no configuration. */
        private @Nullable PoolConfig wanted;
        /** What is in force of it. */
        private @Nullable PoolConfig accepted;

        private List<ConfigProblem> problems = List.of();
        /** Orders the files by their last change. */
        private long change;

        private ConfigReport.@Nullable Entry entry;

        private File(String name) {
            this.name = name;
        }
    }

    /** Takes a file as it is now, new or changed. */
    public synchronized void put(String pid, Map<String, ?> properties) {
        String name = PoolName.of(pid, properties);
        File file = files.computeIfAbsent(pid, absent -> new File(name));
        file.change = ++changes;
        try {
            PoolName.check(name, isTaken(name, pid));
            file.wanted = PoolConfig.read(name, properties);
            file.problems = List.of();
        } catch (ConfigException wrong) {
            file.wanted = null;
            file.problems = wrong.problems();
        }
        settle();
        report(pid, file);
    }

    private boolean isTaken(String name, String pid) {
        return files.entrySet().stream()
                .anyMatch(other ->
                        !other.getKey().equals(pid) && other.getValue().name.equals(name));
    }

    /** Forgets a file that was deleted; its pool drains. */
    public synchronized void remove(String pid) {
        File file = files.remove(pid);
        if (file == null) {
            return;
        }
        if (file.accepted != null) {
            log.info("DSTM-1012 The pool {} is gone; its leases live out their time and are not renewed", file.name);
        }
        settle();
    }

    /**
     * Finds the newest set of versions that fit together: everything as wanted, then, for each two that overlap, the one changed
     * last goes back to its last good version.
     */
    private void settle() {
        Map<File, PoolConfig> candidates = new LinkedHashMap<>();
        files.values().forEach(file -> {
            PoolConfig config = file.wanted != null ? file.wanted : file.accepted;
            if (config != null) {
                candidates.put(file, config);
            }
        });
        Map<File, ConfigProblem> overlaps = new LinkedHashMap<>();
        while (true) {
            File loser = lastChangedThatOverlaps(candidates, overlaps);
            if (loser == null) {
                break;
            }
            PoolConfig lastGood = loser.accepted;
            if (lastGood == null || lastGood.equals(candidates.get(loser))) {
                candidates.remove(loser);
            } else {
                candidates.put(loser, lastGood);
            }
        }
        for (File file : files.values()) {
            file.accepted = candidates.get(file);
            ConfigProblem overlap = overlaps.get(file);
            if (file.wanted != null) {
                file.problems = overlap == null ? List.of() : List.of(overlap);
            }
        }
        View now = view();
        if (!now.equals(published)) {
            published = now;
            subscribers.forEach(subscriber -> subscriber.accept(now));
        }
        files.forEach(this::refreshEntry);
    }

    private static @Nullable File lastChangedThatOverlaps(
            Map<File, PoolConfig> candidates, Map<File, ConfigProblem> overlaps) {
        List<File> newestFirst = new ArrayList<>(candidates.keySet());
        newestFirst.sort(Comparator.comparingLong((File file) -> file.change).reversed());
        for (File file : newestFirst) {
            for (File other : newestFirst) {
                PoolConfig mine = candidates.get(file);
                PoolConfig theirs = candidates.get(other);
                // Who already stands on his last good version was there before who does not.
                boolean settledAlready =
                        mine != null && mine.equals(file.accepted) && theirs != null && !theirs.equals(other.accepted);
                if (other != file
                        && !settledAlready
                        && mine != null
                        && theirs != null
                        && mine.spans().overlaps(theirs.spans())) {
                    overlaps.put(file, ServerCheck.overlap(other.name));
                    return file;
                }
            }
        }
        return null;
    }

    private List<PoolConfig> accepted() {
        List<PoolConfig> pools = new ArrayList<>();
        files.values().forEach(file -> {
            if (file.accepted != null) {
                pools.add(file.accepted);
            }
        });
        pools.sort(Comparator.comparing(PoolConfig::name));
        return pools;
    }

    private Set<String> unsettled() {
        Set<String> names = new TreeSet<>();
        files.values().stream().filter(file -> file.accepted == null).forEach(file -> names.add(file.name));
        return names;
    }

    /** What is in force now. */
    public synchronized View view() {
        return new View(accepted(), unsettled());
    }

    /** Calls {@code subscriber} now and at every change, in order. */
    public synchronized void subscribe(Consumer<View> subscriber) {
        subscribers.add(subscriber);
        subscriber.accept(view());
    }

    /** Ends a subscription. */
    public synchronized void unsubscribe(Consumer<View> subscriber) {
        subscribers.remove(subscriber);
    }

    private void report(String pid, File file) {
        PoolConfig accepted = file.accepted;
        if (file.problems.isEmpty() && accepted != null) {
            log.info("DSTM-1010 The pool {} lends {} by the TEP {}", file.name, accepted.spans(), accepted.tep());
        } else {
            log.error(
                    "DSTM-1011 The file of pool {} ({}) is refused, {}; mend it and save it again: {}",
                    file.name,
                    pid,
                    accepted == null ? "the pool lends nothing" : "the version before stays in force",
                    new ConfigException(file.problems).getMessage());
        }
    }

    private void refreshEntry(String pid, File file) {
        ConfigReport.Entry before = file.entry;
        boolean accepted = file.problems.isEmpty();
        if (before == null
                || before.accepted() != accepted
                || !before.problems().equals(file.problems)
                || file.change == changes) {
            file.entry = new ConfigReport.Entry(
                    pid.startsWith(PID_PREFIX) ? pid : PID_PREFIX + file.name,
                    accepted,
                    file.problems,
                    clock.instant());
        }
    }

    /** Notes on what terms the server lends, to tell where pools are at odds with them. */
    public synchronized void serverTerms(Terms now) {
        terms = now;
    }

    /** Notes that a server is there and knows these TEPs, by name. */
    public synchronized void teps(Set<String> now) {
        teps = Set.copyOf(now);
    }

    /** The names of the TEPs that are there. */
    public synchronized Set<String> teps() {
        return teps == null ? Set.of() : teps;
    }

    @Override
    public synchronized List<Entry> entries() {
        List<Entry> entries = new ArrayList<>();
        files.values().forEach(file -> {
            ConfigReport.Entry entry = file.entry;
            if (entry != null) {
                entries.add(
                        new Entry(entry.pid(), entry.accepted(), entry.problems(), warnings(file), entry.changed()));
            }
        });
        entries.sort(Comparator.comparing(Entry::pid));
        return entries;
    }

    /** Of what is in force; TEPs come and go, so it is found out when it is asked for. */
    private List<ConfigProblem> warnings(File file) {
        return file.accepted == null || teps == null ? List.of() : ServerCheck.warnings(file.accepted, terms, teps);
    }
}
