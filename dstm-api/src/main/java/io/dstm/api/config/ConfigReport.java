package io.dstm.api.config;

import java.time.Instant;
import java.util.List;

/** Says how the configurations of a bundle fared; registered as a service by whoever is configured, read by status views. */
public interface ConfigReport {

    /** The state of every configuration this bundle has seen, in order of PID. */
    List<Entry> entries();

    /**
     * One configuration.
     *
     * @param pid its PID, with the factory's instance name behind {@code ~}
     * @param accepted whether what is in the file is in force
     * @param problems why not; empty when accepted
     * @param changed when it was last accepted or refused
     */
    record Entry(String pid, boolean accepted, List<ConfigProblem> problems, Instant changed) {

        /** Keeps the list unchangeable. */
        public Entry {
            problems = List.copyOf(problems);
        }
    }
}
