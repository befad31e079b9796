package io.dstm.console.internal;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import io.dstm.console.internal.access.Attempts;
import io.dstm.console.internal.access.Guard;
import io.dstm.console.internal.access.Sessions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.ConfigurationPolicy;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.Designate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The one guard of the door, as it is configured. */
@Component(
        configurationPid = ConsoleConfig.PID,
        configurationPolicy = ConfigurationPolicy.OPTIONAL,
        service = {GuardComponent.class, ConfigReport.class})
@Designate(ocd = ConsoleConfigDefinition.class)
public final class GuardComponent implements ConfigReport {

    private static final Logger log = LoggerFactory.getLogger(GuardComponent.class);

    private final Attempts attempts = new Attempts(
            GuardComponent::steadyMillis,
            ConsoleConfig.DEFAULTS.loginAttempts(),
            ConsoleConfig.DEFAULTS.loginWindow().toMillis());
    private final Sessions sessions = new Sessions(
            GuardComponent::steadyMillis,
            ConsoleConfig.DEFAULTS.sessionIdle().toMillis(),
            ConsoleConfig.DEFAULTS.sessionLength().toMillis());
    private final Guard guard;
    private volatile JaasAccounts accounts = new JaasAccounts(ConsoleConfig.DEFAULT_REALM);
    private volatile String realm = ConsoleConfig.DEFAULT_REALM;
    private volatile Entry entry = new Entry(ConsoleConfig.PID, true, List.of(), Instant.now());

    /** Guards as configured. */
    @Activate
    public GuardComponent(Map<String, Object> properties) {
        guard = new Guard((name, password) -> accounts.check(name, password), attempts, sessions);
        modified(properties);
    }

    private static long steadyMillis() {
        return System.nanoTime() / 1_000_000;
    }

    @Modified
    final void modified(Map<String, Object> properties) {
        List<ConfigProblem> problems = List.of();
        try {
            ConsoleConfig config = ConsoleConfig.read(properties);
            attempts.limit(config.loginAttempts(), config.loginWindow().toMillis());
            sessions.limit(
                    config.sessionIdle().toMillis(), config.sessionLength().toMillis());
            if (!config.realm().equals(realm)) {
                realm = config.realm();
                accounts = new JaasAccounts(realm);
                sessions.endAll();
            }
        } catch (ConfigException wrong) {
            problems = wrong.problems();
            log.warn(
                    "DSTM-9001 {} is refused and what was in force stays; correct it: {}",
                    ConsoleConfig.PID,
                    wrong.getMessage());
        }
        entry = new Entry(ConsoleConfig.PID, problems.isEmpty(), problems, Instant.now());
    }

    /** The guard. */
    public Guard guard() {
        return guard;
    }

    /** Who is logged in. */
    public Sessions sessions() {
        return sessions;
    }

    @Override
    public List<Entry> entries() {
        return List.of(entry);
    }
}
