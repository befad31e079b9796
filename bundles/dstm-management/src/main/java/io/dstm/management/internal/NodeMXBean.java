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

    /** What is wrong with this node, the worst first; empty when all is well. */
    List<FindingData> getFindings();

    /** Whether every role that is there works, or will without anybody's help. */
    boolean isHealthy();

    /** Whether every role that is there works now, and there is one. */
    boolean isReady();

    /** The configurations that can be returned to, newest first; ten at most. */
    List<SnapshotData> getConfigurationHistory();

    /** Has every configuration file read again. */
    OutcomeData reload();

    /**
     * Makes the configuration files what they were.
     *
     * @param number of the kept configuration
     * @param force whether to do it though a check says that it would be refused
     */
    OutcomeData rollBack(int number, boolean force);

    /**
     * Something that is wrong.
     *
     * @param severity {@code WARNING}, {@code NOT_READY} or {@code FAILING}
     * @param subject what it is about
     * @param sentence what is wrong
     * @param advice what to do about it
     */
    record FindingData(String severity, String subject, String sentence, String advice) {}

    /**
     * A configuration that every part accepted.
     *
     * @param number its number
     * @param time when it was accepted, ISO 8601 in UTC
     * @param origin what brought it
     * @param changes how it differs from the one before
     */
    record SnapshotData(int number, String time, String origin, List<String> changes) {}

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
