package io.dstm.api.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

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

    /** Reads one configuration as if to apply it. */
    @FunctionalInterface
    interface Reading {

        /** Throws if it would be refused. */
        void read(Map<String, ?> properties) throws ConfigException;
    }

    /**
     * A check of one PID, or of the instances of one factory PID, whose configurations do not depend on others.
     *
     * @param judged the PID
     * @param reading the code that takes such a configuration over, up to where it would be applied
     */
    static ConfigCheck of(String judged, Reading reading) {
        return new ConfigCheck() {

            @Override
            public Set<String> pids() {
                return Set.of(judged);
            }

            @Override
            public List<Verdict> check(Map<String, ? extends Map<String, ?>> configurations) {
                List<Verdict> verdicts = new ArrayList<>();
                for (String pid : new TreeSet<>(configurations.keySet())) {
                    Map<String, ?> properties = configurations.get(pid);
                    if (properties != null && (pid.equals(judged) || pid.startsWith(judged + "~"))) {
                        verdicts.add(new Verdict(pid, problems(properties), List.of()));
                    }
                }
                return verdicts;
            }

            private List<ConfigProblem> problems(Map<String, ?> properties) {
                try {
                    reading.read(properties);
                    return List.of();
                } catch (ConfigException refused) {
                    return refused.problems();
                }
            }
        };
    }

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
