package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import java.util.List;
import java.util.Map;

/** The name of a pool from what Config Admin and fileinstall tell of its file. */
final class PoolName {

    private static final String FACTORY = "io.dstm.pool";
    private static final String FILE = "felix.fileinstall.filename";

    private static final int LONGEST = 64;

    private PoolName() {}

    /**
     * Refuses what cannot be the name of a pool.
     *
     * @param taken whether another pool has it
     */
    static void check(String name, boolean taken) throws ConfigException {
        if (name.isEmpty() || name.length() > LONGEST || !name.matches("[A-Za-z0-9._-]+")) {
            throw new ConfigException(
                    List.of(
                            new ConfigProblem(
                                    "file name",
                                    "a pool is named by its file, io.dstm.pool-NAME.cfg, NAME being letters, digits, '.', '_' or '-'")));
        }
        if (taken) {
            throw new ConfigException(
                    List.of(new ConfigProblem("file name", "there is a pool named " + name + " already")));
        }
    }

    /**
     * What stands behind {@code io.dstm.pool~} in the PID. A PID with a random end, as older ways of installing a file make it,
     * says nothing; then the name of the file does.
     */
    static String of(String pid, Map<String, ?> properties) {
        if (pid.startsWith(FACTORY + "~")) {
            return pid.substring(FACTORY.length() + 1);
        }
        Object file = properties.get(FILE);
        if (file != null) {
            String path = file.toString();
            String name = path.substring(path.lastIndexOf('/') + 1);
            int end = name.lastIndexOf('.');
            if (name.startsWith(FACTORY) && name.length() > FACTORY.length() + 1 && end > FACTORY.length()) {
                return name.substring(FACTORY.length() + 1, end);
            }
        }
        return pid.length() > FACTORY.length() + 1 ? pid.substring(FACTORY.length() + 1) : "";
    }
}
