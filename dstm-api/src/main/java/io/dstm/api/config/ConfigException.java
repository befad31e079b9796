package io.dstm.api.config;

import java.util.List;
import java.util.stream.Collectors;

/** A configuration was refused as a whole; the one before stays in force. */
public class ConfigException extends Exception {

    private static final long serialVersionUID = 1L;

    private final transient List<ConfigProblem> problems;

    /** Names every problem. */
    public ConfigException(List<ConfigProblem> problems) {
        super(problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("; ")));
        this.problems = List.copyOf(problems);
    }

    /** Every problem, in the order in which the keys were read. */
    public List<ConfigProblem> problems() {
        return problems;
    }
}
