package io.dstm.store.internal;

import io.dstm.api.lease.LeaseStoreException;
import io.dstm.store.common.HistorySettings;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Properties;
import javax.sql.DataSource;
import org.h2.Driver;
import org.h2.util.OsgiDataSourceFactory;
import org.osgi.service.jdbc.DataSourceFactory;

/** H2 as the bundle meets it. */
final class H2 {

    static final int LIMIT = 100_000;

    static final HistorySettings KEEP = new HistorySettings(Duration.ofDays(7), 5_000_000);

    private H2() {}

    static DataSource at(String url) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty(DataSourceFactory.JDBC_URL, url);
        return new OsgiDataSourceFactory(new Driver()).createDataSource(properties);
    }

    static H2Dialect dialect(Path directory) {
        return new H2Dialect(H2::at, directory);
    }

    static JdbcLeaseStore open(Path directory) throws LeaseStoreException {
        return open(dialect(directory));
    }

    static JdbcLeaseStore open(H2Dialect dialect) throws LeaseStoreException {
        return open(dialect, KEEP, InstantSource.system());
    }

    static JdbcLeaseStore open(H2Dialect dialect, HistorySettings history, InstantSource clock)
            throws LeaseStoreException {
        return JdbcLeaseStore.open(dialect, LIMIT, history, clock);
    }
}
