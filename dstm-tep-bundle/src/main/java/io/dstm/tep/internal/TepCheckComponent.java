package io.dstm.tep.internal;

import io.dstm.api.config.ConfigCheck;
import io.dstm.tep.internal.control.TepConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations of the TEP. */
@Component
public final class TepCheckComponent implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(TepConfig.PID, TepConfig::read);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
