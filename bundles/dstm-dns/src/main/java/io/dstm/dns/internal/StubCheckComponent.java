package io.dstm.dns.internal;

import io.dstm.api.config.ConfigCheck;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations of the DNS stub. */
@Component
public final class StubCheckComponent implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(StubConfig.PID, StubConfig::read);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
