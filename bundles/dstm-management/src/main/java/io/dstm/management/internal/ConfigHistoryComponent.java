package io.dstm.management.internal;

import io.dstm.api.config.ConfigCheck;
import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigHistory;
import io.dstm.api.config.ConfigReport;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;

/** Keeps the configurations of {@code etc} that every role accepted, below {@code data/dstm/config-history}. */
@Component(
        service = {ConfigHistory.class, ConfigHistoryComponent.class},
        immediate = true)
public final class ConfigHistoryComponent implements ConfigEditor {

    private static final long LOOK_MILLIS = 1_000;

    private final Collection<ConfigReport> reports = new CopyOnWriteArrayList<>();
    private final Collection<ConfigCheck> checks = new CopyOnWriteArrayList<>();
    private final ConfigKeeper keeper;
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "dstm-config-history");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledFuture<?> looking;

    /** Begins to look. */
    @Activate
    public ConfigHistoryComponent() {
        keeper = new ConfigKeeper(
                new ConfigFiles(Path.of(System.getProperty("karaf.etc", "etc"))),
                new ConfigArchive(
                        Path.of(System.getProperty("karaf.data", "data"), "dstm", "config-history"), ConfigKeeper.MOST),
                () -> reports,
                () -> checks,
                InstantSource.system());
        looking = executor.scheduleWithFixedDelay(keeper::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }

    @Deactivate
    void stop() {
        looking.cancel(false);
        executor.shutdown();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindReport(ConfigReport report) {
        reports.add(report);
        keeper.disturb();
    }

    void unbindReport(ConfigReport report) {
        reports.remove(report);
        keeper.disturb();
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindCheck(ConfigCheck check) {
        checks.add(check);
    }

    void unbindCheck(ConfigCheck check) {
        checks.remove(check);
    }

    @Override
    public List<Snapshot> snapshots() {
        return keeper.snapshots();
    }

    @Override
    public List<Difference> pending() {
        return keeper.pending();
    }

    @Override
    public List<Difference> towards(int number) throws IOException {
        return keeper.towards(number);
    }

    @Override
    public List<Difference> rollBack(int number, String who, boolean evenIfRefused)
            throws IOException, ConfigException {
        return keeper.rollBack(number, who, evenIfRefused);
    }

    @Override
    public List<ConfigCheck.Verdict> check(Path fileOrDirectory) throws IOException {
        return keeper.check(fileOrDirectory);
    }

    @Override
    public List<Difference> edit(String pid, String key, Function<Map<String, String>, String> change, String origin)
            throws IOException, ConfigException {
        return keeper.edit(pid, key, change, origin);
    }

    @Override
    public int reload() throws IOException {
        return keeper.reload();
    }
}
