package io.dstm.console.internal;

import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/** Describes {@code etc/io.dstm.console.cfg} to tools; the values are read by {@link ConsoleConfig}. */
@ObjectClassDefinition(
        name = "DSTM console",
        description = "The door over HTTP. Works without a file, with the defaults. Changes apply at once.")
public @interface ConsoleConfigDefinition {

    /** The realm. */
    @AttributeDefinition(
            name = "Realm",
            description = "JAAS realm that knows people, passwords and roles: viewer, operator (or manager), admin.")
    String realm() default ConsoleConfig.DEFAULT_REALM;

    /** The end of an unused session. */
    @AttributeDefinition(
            name = "Session idle",
            description = "After how long without a request a login ends, 1m to 1d.")
    String session_idle() default ConsoleConfig.DEFAULT_SESSION_IDLE;

    /** The end of any session. */
    @AttributeDefinition(name = "Session length", description = "After how long a login ends in any case, 1m to 30d.")
    String session_length() default ConsoleConfig.DEFAULT_SESSION_LENGTH;

    /** The bound of guessing. */
    @AttributeDefinition(
            name = "Login attempts",
            description = "How many wrong passwords an address may send in one window; then it has to wait.",
            min = "1",
            max = "1000")
    int login_attempts() default ConsoleConfig.DEFAULT_LOGIN_ATTEMPTS;

    /** The time of that bound. */
    @AttributeDefinition(name = "Login window", description = "How long that window is, 1s to 1d.")
    String login_window() default ConsoleConfig.DEFAULT_LOGIN_WINDOW;
}
