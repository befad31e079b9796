package io.dstm.server.internal.ipv6;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every file {@code io.dstm.ipv6-NAME.cfg} with what it says and what of it is in force. A file that is wrong, or that overlaps
 * another, is refused whole and its last good version stays; one that was refused only because of another is looked at again
 * whenever any changes.
 */
public final class Ipv6PoolRegistry implements ConfigReport {

    private static final Logger log = LoggerFactory.getLogger(Ipv6PoolRegistry.class);

    private static final String FACTORY = "io.dstm.ipv6";

    private final InstantSource clock;
    private final List<Consumer<List<Ipv6PoolConfig>>> subscribers = new ArrayList<>();

    /** By PID. */
    private final Map<String, File> files = new TreeMap<>();

    private static final class File {
        private @Nullable Ipv6PoolConfig wanted;
        private @Nullable Ipv6PoolConfig inForce;
        private List<ConfigProblem> problems = List.of();
        private Entry entry;

        File(Entry entry) {
            this.entry = entry;
        }
    }

    /** A registry of no file. */
    public Ipv6PoolRegistry(InstantSource clock) {
        this.clock = clock;
    }

    /** Calls {@code subscriber} now and at every change with what is in force, in order of name. */
    public synchronized void subscribe(Consumer<List<Ipv6PoolConfig>> subscriber) {
        subscribers.add(subscriber);
        subscriber.accept(inForce());
    }

    /** Ends a subscription. */
    public synchronized void unsubscribe(Consumer<List<Ipv6PoolConfig>> subscriber) {
        subscribers.remove(subscriber);
    }

    private List<Ipv6PoolConfig> inForce() {
        List<Ipv6PoolConfig> pools = new ArrayList<>();
        files.values().forEach(file -> {
            if (file.inForce != null) {
                pools.add(file.inForce);
            }
        });
        pools.sort(Comparator.comparing(Ipv6PoolConfig::name));
        return List.copyOf(pools);
    }

    /** Takes a file as it is now, new or changed. */
    public synchronized void put(String pid, Map<String, ?> properties) {
        String name = nameOf(pid, properties);
        File file = files.computeIfAbsent(pid, absent -> new File(new Entry(pid, false, List.of(), clock.instant())));
        try {
            if (!name.matches("[A-Za-z0-9._-]{1,64}")) {
                throw new ConfigException(List.of(new ConfigProblem(
                        "file name", "must be io.dstm.ipv6-NAME.cfg, NAME being letters, digits, '.', '_' or '-'")));
            }
            file.wanted = Ipv6PoolConfig.read(name, properties);
            file.problems = List.of();
        } catch (ConfigException wrong) {
            file.wanted = null;
            file.problems = wrong.problems();
        }
        settle();
        Ipv6PoolConfig inForce = file.inForce;
        file.entry = new Entry(pid, file.problems.isEmpty(), file.problems, clock.instant());
        if (file.problems.isEmpty()) {
            log.info("DSTM-1070 The IPv6 pool {} is in force: {}", name, inForce);
        } else {
            log.error(
                    "DSTM-1071 The file of IPv6 pool {} ({}) is refused, {}; mend it and save it again: {}",
                    name,
                    pid,
                    inForce == null ? "the pool lends nothing" : "the version before stays in force",
                    new ConfigException(file.problems).getMessage());
        }
    }

    /** Forgets a file that was deleted. */
    public synchronized void remove(String pid) {
        File file = files.remove(pid);
        if (file == null) {
            return;
        }
        Ipv6PoolConfig before = file.inForce;
        if (before != null) {
            log.info(
                    "DSTM-1072 The IPv6 pool {} is gone; clients are told to give its leases up when they ask next",
                    before.name());
        }
        settle();
    }

    /** All as wanted if that fits together; else one after the other, each only if it fits those in force. */
    private void settle() {
        Map<File, Ipv6PoolConfig> next = new LinkedHashMap<>();
        files.values().forEach(file -> {
            Ipv6PoolConfig config = file.wanted != null ? file.wanted : file.inForce;
            if (config != null) {
                next.put(file, config);
            }
        });
        if (next.keySet().stream().anyMatch(file -> clash(file, next) != null)) {
            next.clear();
            files.values().forEach(file -> {
                if (file.inForce != null) {
                    next.put(file, file.inForce);
                }
            });
            boolean progress = true;
            while (progress) {
                progress = false;
                for (File file : files.values()) {
                    Ipv6PoolConfig wanted = file.wanted;
                    if (wanted == null || wanted.equals(next.get(file))) {
                        continue;
                    }
                    Ipv6PoolConfig before = next.put(file, wanted);
                    if (clash(file, next) == null) {
                        progress = true;
                    } else if (before == null) {
                        next.remove(file);
                    } else {
                        next.put(file, before);
                    }
                }
            }
        }
        for (File file : files.values()) {
            Ipv6PoolConfig wanted = file.wanted;
            if (wanted != null) {
                file.problems = wanted.equals(next.get(file)) ? List.of() : problem(file, wanted, next);
                boolean accepted = file.problems.isEmpty();
                if (accepted != file.entry.accepted()) {
                    file.entry = new Entry(file.entry.pid(), accepted, file.problems, clock.instant());
                }
            }
            file.inForce = next.get(file);
        }
        List<Ipv6PoolConfig> now = inForce();
        subscribers.forEach(subscriber -> subscriber.accept(now));
    }

    /** What stands behind the factory's PID; a PID with a random end says nothing, then the name of the file does. */
    static String nameOf(String pid, Map<String, ?> properties) {
        if (pid.startsWith(FACTORY + "~")) {
            return pid.substring(FACTORY.length() + 1);
        }
        String path = String.valueOf(properties.get("felix.fileinstall.filename"));
        String file = path.substring(path.lastIndexOf('/') + 1);
        int end = file.lastIndexOf('.');
        return file.startsWith(FACTORY + "-") && end > FACTORY.length()
                ? file.substring(FACTORY.length() + 1, end)
                : pid.substring(Math.min(pid.length(), FACTORY.length() + 1));
    }

    private static List<ConfigProblem> problem(File file, Ipv6PoolConfig wanted, Map<File, Ipv6PoolConfig> inForce) {
        Map<File, Ipv6PoolConfig> tried = new LinkedHashMap<>(inForce);
        tried.put(file, wanted);
        ConfigProblem problem = clash(file, tried);
        return problem == null ? List.of() : List.of(problem);
    }

    /** Why {@code file} cannot be in force together with the others; {@code null} if it can. */
    private static @Nullable ConfigProblem clash(File file, Map<File, Ipv6PoolConfig> all) {
        Ipv6PoolConfig mine = all.get(file);
        if (mine == null) {
            return null;
        }
        for (Map.Entry<File, Ipv6PoolConfig> other : all.entrySet()) {
            Ipv6PoolConfig theirs = other.getValue();
            if (other.getKey() == file) {
                continue;
            }
            if (mine.name().equals(theirs.name())) {
                return new ConfigProblem("file name", "there is an IPv6 pool named " + mine.name() + " already");
            }
            if (mine.footprint().overlaps(theirs.footprint())) {
                return new ConfigProblem(
                        mine.addresses().overlaps(theirs.footprint()) ? "addresses" : "prefixes",
                        "overlap what the IPv6 pool " + theirs.name() + " lends");
            }
        }
        return null;
    }

    @Override
    public synchronized List<Entry> entries() {
        return files.values().stream().map(file -> file.entry).toList();
    }
}
