package io.dstm.bench.server;

import io.dstm.api.config.ConfigReport.Entry;
import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.internal.StoreComponent;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.sql.SQLException;
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

/** Opens the store of the product, by its component, outside of a container. */
public final class OpenStore {

    private static final int LOOK_MILLIS = 5;

    private OpenStore() {}

    /**
     * Opens it.
     *
     * @param scheme the file system of H2 that it lies in: {@code file:}, or that of a test
     * @throws LeaseStoreException if it cannot be read
     */
    public static LeaseStore in(Path directory, String scheme) throws LeaseStoreException {
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
        StoreComponent component = new StoreComponent(context, Map.of("directory", directory.toString()), elsewhere);
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
