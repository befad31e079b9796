package io.dstm.bench.server;

import io.dstm.api.config.ConfigReport.Entry;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.common.HistorySettings;
import io.dstm.store.common.StoreConfig;
import io.dstm.store.internal.StoreComponent;
import io.dstm.store.journal.internal.DirectoryDisk;
import io.dstm.store.journal.internal.Disk;
import io.dstm.store.journal.internal.JournalLeaseStore;
import io.dstm.store.journal.internal.JournalSizes;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.sql.DataSource;
import org.h2.Driver;
import org.h2.util.OsgiDataSourceFactory;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.framework.ServiceRegistration;
import org.osgi.service.jdbc.DataSourceFactory;

/** Opens a store of the product outside of a container, with what is its configuration by default. */
public final class OpenStore {

    private static final int LOOK_MILLIS = 5;
    private static final int KEPT_DAYS = 7;

    private OpenStore() {}

    /** Whether the engine H2 is wanted, by {@code -Ddstm.store=h2}, and not the journal. */
    public static boolean isH2() {
        return "h2".equals(System.getProperty("dstm.store"));
    }

    /**
     * Opens it.
     *
     * @throws LeaseStoreException if it cannot be read
     */
    public static LeaseStore in(Path directory) throws LeaseStoreException {
        return isH2() ? h2(directory, "file:") : journal(DirectoryDisk.lock(directory), JournalSizes.USUAL);
    }

    /**
     * The journal.
     *
     * @throws LeaseStoreException if it cannot be read
     */
    public static LeaseStore journal(Disk disk, JournalSizes sizes) throws LeaseStoreException {
        HistorySettings history = new HistorySettings(Duration.ofDays(KEPT_DAYS), StoreConfig.DEFAULT_HISTORY_LIMIT);
        return JournalLeaseStore.open(disk, sizes, StoreConfig.DEFAULT_QUEUE_LIMIT, history, InstantSource.system());
    }

    /**
     * H2.
     *
     * @param scheme the file system of H2 that it lies in: {@code file:}, or that of a test
     * @throws LeaseStoreException if it cannot be read
     */
    public static LeaseStore h2(Path directory, String scheme) throws LeaseStoreException {
        CompletableFuture<LeaseStore> opened = new CompletableFuture<>();
        BundleContext context = proxy(BundleContext.class, (name, arguments) -> {
            if (name.equals("registerService")) {
                Arrays.stream(arguments)
                        .filter(LeaseStore.class::isInstance)
                        .forEach(store -> opened.complete((LeaseStore) store));
                return proxy(ServiceRegistration.class, (method, none) -> null);
            }
            return null;
        });
        OsgiDataSourceFactory h2 = new OsgiDataSourceFactory(new Driver());
        DataSourceFactory elsewhere =
                proxy(DataSourceFactory.class, (name, arguments) -> dataSource(h2, (Properties) arguments[0], scheme));
        StoreComponent component =
                new StoreComponent(context, Map.of("engine", "h2", "directory", directory.toString()), elsewhere);
        while (true) {
            try {
                return opened.get(LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (TimeoutException notYet) {
                for (Entry entry : component.entries()) {
                    if (!entry.problems().isEmpty()) {
                        throw new LeaseStoreException(entry.problems().toString(), null);
                    }
                }
            } catch (InterruptedException | ExecutionException failed) {
                throw new LeaseStoreException("the store was not opened", failed);
            }
        }
    }

    private static DataSource dataSource(DataSourceFactory h2, Properties properties, String scheme)
            throws SQLException {
        String url = properties.getProperty(DataSourceFactory.JDBC_URL);
        Properties changed = new Properties();
        changed.putAll(properties);
        changed.setProperty(DataSourceFactory.JDBC_URL, url.replaceFirst("^jdbc:h2:file:", "jdbc:h2:" + scheme));
        return h2.createDataSource(changed);
    }

    private interface Call {
        @Nullable
        Object on(String method, Object[] arguments) throws Exception;
    }

    private static <T> T proxy(Class<T> kind, Call call) {
        return kind.cast(Proxy.newProxyInstance(
                OpenStore.class.getClassLoader(),
                new Class<?>[] {kind},
                (self, method, arguments) -> call.on(method.getName(), arguments == null ? new Object[0] : arguments)));
    }
}
