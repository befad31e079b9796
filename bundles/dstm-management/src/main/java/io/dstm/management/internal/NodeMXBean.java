package io.dstm.management.internal;

import java.util.List;

/** What this node is and whether its configurations are in force: {@code io.dstm:type=Node}. */
public interface NodeMXBean {

    /** The version of DSTM. */
    String getVersion();

    /** Which of {@code server}, {@code tep} and {@code client} are there. */
    List<String> getRoles();

    /** Every configuration that was seen, in order of PID. */
    List<Configuration> getConfigurations();

    /** How many configurations are refused; an alarm should watch this. */
    int getRefusedConfigurations();

    /**
     * A configuration.
     *
     * @param pid its PID
     * @param accepted whether what is in the file is in force
     * @param problems why not, each with its key; empty when accepted
     * @param warnings what had better be known of what is in force
     * @param changed when it was last accepted or refused, ISO 8601 in UTC
     */
    record Configuration(String pid, boolean accepted, List<String> problems, List<String> warnings, String changed) {}
}
