package io.dstm.management.internal;

import io.dstm.api.lease.LeaseEvent;
import io.dstm.api.lease.LeaseListener;
import io.dstm.api.lease.PoolEvent;
import io.dstm.api.lease.PoolListener;
import io.dstm.api.tep.TunnelEndPoint;
import java.lang.management.ManagementFactory;
import java.util.Collection;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import javax.management.JMException;
import javax.management.ObjectName;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;
import org.osgi.service.component.annotations.ReferenceCardinality;
import org.osgi.service.component.annotations.ReferencePolicy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Hears what happens and tells JMX clients of it. */
@Component(
        service = {LeaseListener.class, PoolListener.class},
        immediate = true)
public final class EventsComponent implements LeaseListener, PoolListener {

    private static final Logger log = LoggerFactory.getLogger(EventsComponent.class);

    private final Events events = new Events();
    private final Collection<TunnelEndPoint> teps = new CopyOnWriteArrayList<>();
    private final ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "dstm-events");
        thread.setDaemon(true);
        return thread;
    });
    private final ScheduledFuture<?> ticking;

    /** Registers the bean and begins to tell. */
    @Activate
    public EventsComponent() {
        try {
            ManagementFactory.getPlatformMBeanServer().registerMBean(events.bean(), name());
        } catch (JMException refused) {
            log.warn(
                    "DSTM-8001 MXBean {}:type=Events cannot be registered and is missing from JMX: {}; restart the bundle"
                            + " io.dstm-management once the name is free",
                    MBeans.DOMAIN,
                    refused.toString());
        }
        ticking = executor.scheduleWithFixedDelay(this::tick, 1, 1, TimeUnit.SECONDS);
    }

    private static ObjectName name() throws JMException {
        return new ObjectName(MBeans.DOMAIN + ":type=Events");
    }

    private void tick() {
        try {
            events.tick(teps);
        } catch (RuntimeException roleLeft) {
            // A TEP went away while it was asked; the next tick sees that.
        }
    }

    @Deactivate
    void stop() {
        ticking.cancel(false);
        executor.shutdown();
        try {
            ManagementFactory.getPlatformMBeanServer().unregisterMBean(name());
        } catch (JMException gone) {
            log.warn("DSTM-8002 MXBean {}:type=Events cannot be unregistered: {}", MBeans.DOMAIN, gone.toString());
        }
    }

    @Reference(cardinality = ReferenceCardinality.MULTIPLE, policy = ReferencePolicy.DYNAMIC)
    void bindTep(TunnelEndPoint tep) {
        teps.add(tep);
    }

    void unbindTep(TunnelEndPoint tep) {
        teps.remove(tep);
    }

    @Override
    public void onEvent(LeaseEvent event) {
        events.onEvent(event);
    }

    @Override
    public void onPool(PoolEvent event) {
        events.onPool(event);
    }
}
