package io.dstm.dhcpv6.internal.server;

import io.dstm.api.config.ConfigCheck;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations of the DHCPv6 server. */
@Component
public final class Dhcpv6ServerCheckComponent implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(Dhcpv6ServerComponent.PID, ServerSettings::read);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
