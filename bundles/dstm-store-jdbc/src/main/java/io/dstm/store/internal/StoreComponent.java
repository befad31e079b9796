package io.dstm.store.internal;

import io.dstm.api.config.ConfigReport;
import io.dstm.store.common.StoreConfig;
import io.dstm.store.common.StoreConfigDefinition;
import io.dstm.store.common.StoreKeeper;
import io.dstm.store.common.StoreServices;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.jdbc.DataSourceFactory;
import org.osgi.service.metatype.annotations.Designate;

/** The store as OSGi sees it: the services of {@link StoreServices} while the database is open. */
@Component(
        configurationPid = StoreConfig.PID,
        configurationPolicy = ConfigurationPolicy.OPTIONAL,
        service = ConfigReport.class,
        immediate = true)
@Designate(ocd = StoreConfigDefinition.class)
public final class StoreComponent implements ConfigReport {

    private final StoreKeeper keeper;

    /** Opens the store that the configuration asks for. */
    @Activate
    public StoreComponent(
            BundleContext context,
            Map<String, Object> properties,
            @Reference(target = "(" + DataSourceFactory.OSGI_JDBC_DRIVER_CLASS + "=org.h2.Driver)")
                    DataSourceFactory h2) {
        keeper = new StoreKeeper(
                StoreConfig.Engine.H2,
                config -> JdbcLeaseStore.open(
                        new H2Dialect(url -> h2.createDataSource(withUrl(url)), config.directory()),
                        config.queueLimit(),
                        config.history(),
                        InstantSource.system()),
                new StoreServices(context),
                InstantSource.system(),
                Duration.ofSeconds(1));
        keeper.configure(properties);
    }

    private static Properties withUrl(String url) {
        Properties properties = new Properties();
        properties.setProperty(DataSourceFactory.JDBC_URL, url);
        return properties;
    }

    @Modified
    void modified(Map<String, Object> properties) {
        keeper.configure(properties);
    }

    @Deactivate
    void deactivate() {
        keeper.close();
    }

    @Override
    public List<Entry> entries() {
        return keeper.entries();
    }
}
