package io.dstm.console.internal;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigReader;
import java.time.Duration;
import java.util.Map;

/**
 * The door's configuration, PID {@code io.dstm.console}.
 *
 * @param realm the JAAS realm that knows people and their roles
 * @param sessionIdle after how long without a request a session ends
 * @param sessionLength after how long it ends in any case
 * @param loginAttempts how many wrong passwords an address may send in one window
 * @param loginWindow how long that window is
 */
record ConsoleConfig(
        String realm, Duration sessionIdle, Duration sessionLength, int loginAttempts, Duration loginWindow) {

    /** The PID. */
    static final String PID = "io.dstm.console";

    static final String DEFAULT_REALM = "karaf";
    static final String DEFAULT_SESSION_IDLE = "30m";
    static final String DEFAULT_SESSION_LENGTH = "12h";
    static final int DEFAULT_LOGIN_ATTEMPTS = 10;
    static final String DEFAULT_LOGIN_WINDOW = "1m";

    /** What is in force without a file. */
    static final ConsoleConfig DEFAULTS = new ConsoleConfig(
            DEFAULT_REALM, Duration.ofMinutes(30), Duration.ofHours(12), DEFAULT_LOGIN_ATTEMPTS, Duration.ofMinutes(1));

    /**
     * Reads and checks the whole configuration.
     *
     * @throws ConfigException naming everything that is wrong
     */
    static ConsoleConfig read(Map<String, ?> properties) throws ConfigException {
        ConfigReader reader = new ConfigReader(properties);
        ConsoleConfig config = new ConsoleConfig(
                reader.text("realm", DEFAULTS.realm),
                reader.duration("session.idle", DEFAULTS.sessionIdle, Duration.ofMinutes(1), Duration.ofDays(1)),
                reader.duration("session.length", DEFAULTS.sessionLength, Duration.ofMinutes(1), Duration.ofDays(30)),
                reader.number("login.attempts", DEFAULTS.loginAttempts, 1, 1_000),
                reader.duration("login.window", DEFAULTS.loginWindow, Duration.ofSeconds(1), Duration.ofDays(1)));
        reader.finish();
        return config;
    }
}
