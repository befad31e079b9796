package io.dstm.store.internal;

import io.dstm.api.config.ConfigCheck;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations of the store. */
@Component
public final class StoreCheckComponent implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(StoreConfig.PID, StoreConfig::read);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
