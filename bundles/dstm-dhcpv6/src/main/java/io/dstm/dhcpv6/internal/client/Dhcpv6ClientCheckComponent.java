package io.dstm.dhcpv6.internal.client;

import io.dstm.api.config.ConfigCheck;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.osgi.service.component.annotations.Component;

/** Judges configurations of the DHCPv6 client. */
@Component
public final class Dhcpv6ClientCheckComponent implements ConfigCheck {

    private final ConfigCheck check = ConfigCheck.of(Dhcpv6ClientComponent.PID, ClientSettings::read);

    @Override
    public Set<String> pids() {
        return check.pids();
    }

    @Override
    public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
        return check.check(configurations);
    }
}
