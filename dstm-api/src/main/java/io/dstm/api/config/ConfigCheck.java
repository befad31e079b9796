package io.dstm.api.config;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges configurations without applying them, by the same code that takes them over; registered as a service by each bundle that is
 * configured. Nothing is applied, logged or remembered, and nothing has to be running but the bundle.
 */
public interface ConfigCheck {

    /**
     * The PIDs that this service judges. A factory PID stands for all its instances: {@code io.dstm.pool} for {@code
     * io.dstm.pool~home}.
     */
    Set<String> pids();

    /**
     * What would be said if exactly these configurations were in force, together. They are checked against one another, so that
     * pools that overlap are told from pools that do not; give all there are, in order to learn how a changed one would fare.
     *
     * @param configurations what Config Admin would hand over, by PID, a factory's instance name behind {@code ~}. Those of other
     *     bundles may be among them; they are looked at only where something of this bundle names them
     * @return a verdict on each configuration that this service judges, in order of PID
     */
    List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations);

    /**
     * What is said of one configuration.
     *
     * @param pid its PID, with the factory's instance name behind {@code ~}
     * @param problems why it would be refused; empty if it would be accepted
     * @param warnings what the operator had better know, though it would be accepted
     */
    record Verdict(String pid, List<ConfigProblem> problems, List<ConfigProblem> warnings) {

        /** Keeps the lists unchangeable. */
        public Verdict {
            problems = List.copyOf(problems);
            warnings = List.copyOf(warnings);
        }

        /** Whether it would be accepted. */
        public boolean accepted() {
            return problems.isEmpty();
        }
    }
}
