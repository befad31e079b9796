package io.dstm.server.internal.ipv6;

import io.dstm.api.ipv6.Ipv6LeaseService;
import io.dstm.api.ipv6.Ipv6LeaseStore;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An engine with the thread that ends leases and with the system's clock. */
public final class Ipv6Server implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Ipv6Server.class);

    private final Ipv6PoolRegistry pools;
    private final Ipv6Engine engine;
    private final Consumer<List<Ipv6PoolConfig>> toEngine;
    private final ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "dstm-ipv6-leases");
        thread.setDaemon(true);
        return thread;
    });

    /** A server of the leases in {@code store}, at rest. */
    public Ipv6Server(Ipv6LeaseStore store, Ipv6PoolRegistry pools) {
        this.pools = pools;
        Path secret = Path.of(System.getProperty("karaf.data", "data"), "dstm", "ipv6.secret");
        engine = new Ipv6Engine(store, InstantSource.system(), SecretFile.get(secret));
        toEngine = engine::setPools;
    }

    /** What lends. */
    public Ipv6LeaseService service() {
        return engine;
    }

    /** Reads the store in the background, then serves. */
    public void start() {
        pools.subscribe(toEngine);
        var unused = clock.scheduleWithFixedDelay(this::turn, 0, 1, TimeUnit.SECONDS);
    }

    private void turn() {
        try {
            if (engine.load()) {
                engine.tick();
            }
        } catch (RuntimeException defect) {
            // A periodic task that throws would never run again.
            log.error("DSTM-1079 IPv6 leases could not be looked after. Please report this.", defect);
        }
    }

    /** Ends; what was told to the store stays there. */
    @Override
    public void close() {
        pools.unsubscribe(toEngine);
        clock.shutdownNow();
    }
}
