package io.dstm.client.internal;

import io.dstm.api.config.ConfigCheck;
import io.dstm.client.internal.engine.ClientConfig;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations of the client. */
@Component
public final class ClientCheckComponent implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(ClientConfig.PID, ClientConfig::read);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
