package io.dstm.store.internal;

import io.dstm.api.lease.LeaseStore;
import io.dstm.api.lease.LeaseStoreException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Properties;
import javax.sql.DataSource;
import org.h2.Driver;
import org.h2.util.OsgiDataSourceFactory;
import org.osgi.service.jdbc.DataSourceFactory;

/** Opens the store of the product outside of a container. */
public final class OpenStore {

    private static final int WAITING_AT_MOST = 100_000;

    private OpenStore() {}

    /**
     * Opens it.
     *
     * @param scheme the file system of H2 that it lies in: {@code file:}, or that of a test
     */
    public static LeaseStore in(Path directory, String scheme) throws LeaseStoreException {
        H2Dialect dialect = new H2Dialect(OpenStore::dataSource, directory, scheme, H2Compaction.FLOOR);
        return JdbcLeaseStore.open(dialect, WAITING_AT_MOST);
    }

    private static DataSource dataSource(String url) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty(DataSourceFactory.JDBC_URL, url);
        return new OsgiDataSourceFactory(new Driver()).createDataSource(properties);
    }
}
