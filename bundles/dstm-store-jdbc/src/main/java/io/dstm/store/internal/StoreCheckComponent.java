package io.dstm.store.internal;

import io.dstm.api.config.ConfigCheck;
import io.dstm.store.common.StoreCheck;
import io.dstm.store.common.StoreConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations that ask for H2. */
@Component
public final class StoreCheckComponent implements ConfigCheck {

    private final ConfigCheck check = new StoreCheck(StoreConfig.Engine.H2);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
