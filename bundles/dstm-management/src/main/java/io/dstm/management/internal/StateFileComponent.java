package io.dstm.management.internal;

import io.dstm.api.management.HealthView;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.osgi.framework.BundleContext;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Deactivate;
import org.osgi.service.component.annotations.Reference;

/** Keeps the {@link StateFile} that the property {@value #PROPERTY} names, if it names one. */
@Component(
        immediate = true,
        service = {})
public final class StateFileComponent {

    /** Framework or system property: the file to keep. */
    static final String PROPERTY = "dstm.state.file";

    private static final long PERIOD_MILLIS = 500;

    private final @Nullable StateFile file;
    private final @Nullable ScheduledExecutorService timer;

    /** Starts to keep it. */
    @Activate
    public StateFileComponent(BundleContext context, @Reference HealthView health) {
        String name = context.getProperty(PROPERTY);
        if (name == null || name.isBlank()) {
            file = null;
            timer = null;
            return;
        }
        StateFile kept = new StateFile(health, Path.of(name));
        ScheduledExecutorService executor = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "dstm-state-file");
            thread.setDaemon(true);
            return thread;
        });
        ScheduledFuture<?> unused =
                executor.scheduleWithFixedDelay(kept::update, 0, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
        file = kept;
        timer = executor;
    }

    /** Takes it away. */
    @Deactivate
    void stop() {
        if (timer != null) {
            timer.shutdownNow();
        }
        if (file != null) {
            file.remove();
        }
    }
}
