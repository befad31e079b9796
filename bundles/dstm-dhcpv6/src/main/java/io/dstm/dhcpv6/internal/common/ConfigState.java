package io.dstm.dhcpv6.internal.common;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import io.dstm.api.config.ConfigReport;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/**
 * The configuration in force, the last good one, and what became of the latest.
 *
 * @param <S> the settings
 */
public final class ConfigState<S> implements ConfigReport {

    /** Makes settings of what Config Admin hands over. */
    public interface Reader<S> {

        /**
         * Reads.
         *
         * @throws ConfigException if anything is wrong
         */
        S read(Map<String, ?> properties) throws ConfigException;
    }

    /** Our components' own property, by which they appear over JMX; SCR hands it back among the operator's. */
    private static final String JMX_NAME = "jmx.objectname";

    private final String pid;
    private final String messageId;
    private final Logger log;
    private final Reader<S> reader;
    private final InstantSource clock;

    private volatile @Nullable S settings;
    private volatile Entry entry;

    /**
     * Starts without settings.
     *
     * @param messageId the id of the message that says why a configuration is refused
     */
    public ConfigState(String pid, String messageId, Logger log, Reader<S> reader, InstantSource clock) {
        this.pid = pid;
        this.messageId = messageId;
        this.log = log;
        this.reader = reader;
        this.clock = clock;
        this.entry = new Entry(pid, false, List.of(), Instant.EPOCH);
    }

    /** Takes a new configuration, or refuses it whole. */
    public synchronized void update(Map<String, ?> properties) {
        try {
            settings = reader.read(withoutOurs(properties));
            entry = new Entry(pid, true, List.of(), clock.instant());
        } catch (ConfigException wrong) {
            entry = new Entry(pid, false, wrong.problems(), clock.instant());
            log.error(
                    "{} Configuration {} is refused, {}: {}. Correct etc/{}.cfg.",
                    messageId,
                    pid,
                    settings == null ? "and there is none to go on with" : "the one before stays in force",
                    wrong.getMessage(),
                    pid);
        }
    }

    private static Map<String, ?> withoutOurs(Map<String, ?> properties) {
        Map<String, Object> operators = new HashMap<>(properties);
        operators.remove(JMX_NAME);
        return operators;
    }

    /** What is in force; empty until a configuration was good. */
    public Optional<S> settings() {
        return Optional.ofNullable(settings);
    }

    @Override
    public List<Entry> entries() {
        return List.of(entry);
    }

    /**
     * The same with what hinders the configuration in force.
     *
     * @param key what it is about
     * @param trouble one sentence, or empty
     */
    public List<Entry> entries(String key, String trouble) {
        Entry latest = entry;
        return trouble.isEmpty() || !latest.accepted()
                ? List.of(latest)
                : List.of(new Entry(pid, true, List.of(), List.of(new ConfigProblem(key, trouble)), latest.changed()));
    }
}
