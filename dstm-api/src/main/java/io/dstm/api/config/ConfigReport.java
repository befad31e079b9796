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
     * @param warnings what the operator had better know of what is in force
     * @param changed when it was last accepted or refused
     */
    record Entry(
            String pid, boolean accepted, List<ConfigProblem> problems, List<ConfigProblem> warnings, Instant changed) {

        /** Keeps the lists unchangeable. */
        public Entry {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }

        /** Without warnings. */
        public Entry(String pid, boolean accepted, List<ConfigProblem> problems, Instant changed) {
            this(pid, accepted, problems, List.of(), changed);
        }
    }
}
