package io.dstm.management.internal;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigHistory;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The configuration files as operations change them: the files stay the only truth. */
interface ConfigEditor extends ConfigHistory {

    /**
     * Changes one key of a file, judged before it is written.
     *
     * @param pid the PID of the file, a factory's instance name behind {@code ~}
     * @param key the key
     * @param change what to make of the values there are; an empty text takes the key away
     * @param origin what the history is to say of it
     * @return what was changed; empty if the file says so already
     * @throws IllegalArgumentException if there is no such file, or {@code change} says so
     * @throws ConfigException if it would be refused; nothing is changed then
     */
    List<Difference> edit(String pid, String key, Function<Map<String, String>, String> change, String origin)
            throws IOException, ConfigException;

    /** Has every file read again, whatever was missed of it; returns how many there are. */
    int reload() throws IOException;
}
