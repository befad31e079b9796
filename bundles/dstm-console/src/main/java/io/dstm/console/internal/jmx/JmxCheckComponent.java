package io.dstm.console.internal.jmx;

import io.dstm.api.config.ConfigCheck;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations of JMX over TLS. */
@Component
public final class JmxCheckComponent implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(JmxConfig.PID, JmxConfig::read);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
