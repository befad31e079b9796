package io.dstm.management.internal;

import io.dstm.api.config.ConfigCheck;
import io.dstm.api.config.ConfigCheck.Verdict;
import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.management.internal.ConfigArchive.Kept;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches the configuration files and keeps each set that every part accepted. It looks at what is there instead of listening to
 * changes, so that nothing can be missed.
 */
final class ConfigKeeper implements ConfigEditor {

    /** How many sets are kept. */
    static final int MOST = 10;

    /** fileinstall looks once a second; after that components answer at once. */
    static final Duration QUIET = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(ConfigKeeper.class);

    private final ConfigFiles files;
    private final ConfigArchive archive;
    private final Supplier<? extends Collection<ConfigReport>> reports;
    private final Supplier<? extends Collection<ConfigCheck>> checks;
    private final InstantSource clock;

    /** Oldest first; guarded by this. */
    private final List<Kept> kept;

    /** Guarded by this. */
    private @Nullable SortedMap<String, String> seen;

    /** Guarded by this. */
    private Instant quietSince;

    /** Guarded by this: what the next set comes from, and which files it must have to. */
    private @Nullable Kept wanted;

    private boolean failing;

    ConfigKeeper(
            ConfigFiles files,
            ConfigArchive archive,
            Supplier<? extends Collection<ConfigReport>> reports,
            Supplier<? extends Collection<ConfigCheck>> checks,
            InstantSource clock) {
        this.files = files;
        this.archive = archive;
        this.reports = reports;
        this.checks = checks;
        this.clock = clock;
        kept = archive.load();
        quietSince = clock.instant();
    }

    /** Something else than a file has changed: what the parts say counts only after a while. */
    synchronized void disturb() {
        quietSince = clock.instant();
    }

    /** Keeps the present files if they are accepted and not kept yet. To be called every second or so. */
    synchronized void look() {
        try {
            SortedMap<String, String> present = files.read();
            if (!present.equals(seen)) {
                seen = present;
                quietSince = clock.instant();
            }
            boolean quiet = !clock.instant().isBefore(quietSince.plus(QUIET));
            if (quiet && !present.equals(last()) && accepted()) {
                keep(present);
            }
            failing = false;
        } catch (IOException | RuntimeException unable) {
            if (!failing) {
                log.warn("DSTM-8032 Accepted configurations cannot be kept; look at the disk: {}", unable.toString());
            }
            failing = true;
        }
    }

    private Map<String, String> last() {
        return kept.isEmpty() ? Map.of() : kept.get(kept.size() - 1).files();
    }

    private boolean accepted() {
        List<ConfigReport.Entry> entries = reports.get().stream()
                .flatMap(report -> report.entries().stream())
                .toList();
        return !entries.isEmpty() && entries.stream().allMatch(ConfigReport.Entry::accepted);
    }

    private void keep(SortedMap<String, String> present) throws IOException {
        Kept from = wanted;
        String origin = from != null && from.files().equals(present) ? from.origin() : "edit of files in etc";
        int number = kept.isEmpty() ? 1 : kept.get(kept.size() - 1).number() + 1;
        Kept next = new Kept(number, clock.instant(), origin, Collections.unmodifiableSortedMap(present));
        archive.save(next);
        kept.add(next);
        if (kept.size() > MOST) {
            kept.remove(0);
        }
        wanted = null;
        log.info("DSTM-8033 Configuration {} is accepted and kept ({})", number, origin);
    }

    @Override
    public synchronized List<Snapshot> snapshots() {
        List<Snapshot> snapshots = new ArrayList<>();
        for (int i = kept.size() - 1; i >= 0; i--) {
            Kept each = kept.get(i);
            Map<String, String> before = i == 0 ? Map.of() : kept.get(i - 1).files();
            snapshots.add(new Snapshot(
                    each.number(),
                    each.time(),
                    each.origin(),
                    each.files().keySet(),
                    ConfigDiff.between(before, each.files())));
        }
        return snapshots;
    }

    @Override
    public synchronized List<Difference> pending() {
        try {
            return ConfigDiff.between(last(), files.read());
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    private Kept kept(int number) {
        return kept.stream()
                .filter(each -> each.number() == number)
                .findAny()
                .orElseThrow(() -> new IllegalArgumentException("no configuration " + number + " is kept; kept are "
                        + kept.stream().map(Kept::number).toList()));
    }

    @Override
    public synchronized List<Difference> towards(int number) throws IOException {
        return ConfigDiff.between(files.read(), kept(number).files());
    }

    @Override
    public synchronized List<Difference> rollBack(int number, String who, boolean evenIfRefused)
            throws IOException, ConfigException {
        Kept goal = kept(number);
        SortedMap<String, String> present = files.read();
        if (!evenIfRefused) {
            refuse(judge(goal.files()));
        }
        List<Difference> differences = ConfigDiff.between(present, goal.files());
        wanted = new Kept(0, clock.instant(), "return to " + number + " by " + who, goal.files());
        // First what comes and changes, then what goes: a pool never misses a TEP that is named anew.
        for (Map.Entry<String, String> file : goal.files().entrySet()) {
            if (!file.getValue().equals(present.get(file.getKey()))) {
                files.write(file.getKey(), file.getValue());
            }
        }
        for (String name : present.keySet()) {
            if (!goal.files().containsKey(name)) {
                files.delete(name);
            }
        }
        log.info("DSTM-8034 The configuration files were made those of configuration {}, for {}", number, who);
        return differences;
    }

    @Override
    public synchronized List<Difference> edit(
            String pid, String key, Function<Map<String, String>, String> change, String origin)
            throws IOException, ConfigException {
        SortedMap<String, String> present = files.read();
        String name = present.keySet().stream()
                .filter(file -> ConfigFiles.pid(file).equals(pid))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("there is no file etc/" + pid.replace('~', '-') + ".cfg"));
        SortedMap<String, String> goal = new TreeMap<>(present);
        String text = goal.getOrDefault(name, "");
        goal.put(name, PropertyText.with(text, key, change.apply(ConfigFiles.properties(text))));
        List<Difference> differences = ConfigDiff.between(present, goal).stream()
                .filter(difference -> !difference.key().isEmpty())
                .toList();
        if (differences.isEmpty()) {
            return differences;
        }
        // What was wrong with other files before is not held against this change.
        refuse(judge(goal).stream().filter(verdict -> verdict.pid().equals(pid)).toList());
        wanted = new Kept(0, clock.instant(), origin, Collections.unmodifiableSortedMap(goal));
        files.write(name, goal.getOrDefault(name, ""));
        log.info("DSTM-8035 The key {} of {} was changed ({})", key, name, origin);
        return differences;
    }

    @Override
    public synchronized int reload() throws IOException {
        int count = 0;
        for (String name : files.read().keySet()) {
            files.touch(name);
            count++;
        }
        disturb();
        return count;
    }

    private static void refuse(List<Verdict> verdicts) throws ConfigException {
        List<ConfigProblem> problems = new ArrayList<>();
        for (Verdict verdict : verdicts) {
            verdict.problems()
                    .forEach(problem ->
                            problems.add(new ConfigProblem(verdict.pid() + " " + problem.key(), problem.reason())));
        }
        if (!problems.isEmpty()) {
            throw new ConfigException(problems);
        }
    }

    @Override
    public List<Verdict> check(Path fileOrDirectory) throws IOException {
        if (Files.isDirectory(fileOrDirectory)) {
            return judge(new ConfigFiles(fileOrDirectory).read());
        }
        String name = fileOrDirectory.getFileName().toString();
        String pid = ConfigFiles.pid(name);
        SortedMap<String, String> all = new TreeMap<>(files.read());
        all.keySet().removeIf(other -> ConfigFiles.pid(other).equals(pid));
        all.put(name, Files.readString(fileOrDirectory, StandardCharsets.ISO_8859_1));
        // What others say of it counts too: pools that overlap are told at either.
        return judge(all);
    }

    private List<Verdict> judge(Map<String, String> texts) {
        Map<String, Map<String, String>> configurations = new TreeMap<>();
        texts.forEach((name, text) -> configurations.put(ConfigFiles.pid(name), ConfigFiles.properties(text)));
        List<Verdict> verdicts = new ArrayList<>();
        Collection<ConfigCheck> judges = checks.get();
        for (ConfigCheck check : judges) {
            verdicts.addAll(check.check(configurations));
        }
        for (String pid : configurations.keySet()) {
            String factory = pid.replaceFirst("~.*", "");
            if (judges.stream().noneMatch(check -> check.pids().contains(factory))) {
                verdicts.add(new Verdict(
                        pid,
                        List.of(),
                        List.of(new ConfigProblem(
                                "", "is not checked: no role that is installed here has such a configuration"))));
            }
        }
        verdicts.sort(Comparator.comparing(Verdict::pid));
        return verdicts;
    }
}
