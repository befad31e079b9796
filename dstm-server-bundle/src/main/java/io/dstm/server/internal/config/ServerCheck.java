package io.dstm.server.internal.config;

import io.dstm.api.config.ConfigCheck;
import io.dstm.api.config.ConfigException;
import io.dstm.api.config.ConfigProblem;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Says how configurations of the server and its pools would fare together. Pure: it knows only what it is given. */
public final class ServerCheck {

    static final String SERVER = "io.dstm.server";
    static final String POOL = "io.dstm.pool";

    private static final String TEP = "io.dstm.tep";

    /** The PIDs of the server. */
    public static final Set<String> PIDS = Set.of(SERVER, POOL);

    private ServerCheck() {}

    /**
     * A verdict on each configuration of the server and its pools.
     *
     * @param configurations properties by PID; what they say of TEPs is looked at too
     * @param teps the names of the TEPs that are there besides
     */
    public static List<ConfigCheck.Verdict> check(
            Map<String, ? extends Map<String, ?>> configurations, Set<String> teps) {
        Map<String, Findings> found = new TreeMap<>();
        Terms terms = server(configurations.get(SERVER), found);
        Set<String> known = new HashSet<>(teps);
        Map<String, PoolConfig> pools = new LinkedHashMap<>();
        Map<String, String> names = new HashMap<>();
        new TreeMap<>(configurations).forEach((pid, properties) -> {
            if (pid.equals(TEP) || pid.startsWith(TEP + "~")) {
                Object name = properties.get("name");
                known.add(
                        name == null ? PoolConfig.DEFAULT_TEP : name.toString().trim());
            } else if (pid.equals(POOL) || pid.startsWith(POOL + "~") || pid.startsWith(POOL + "-")) {
                pool(pid, properties, names, pools, found);
            }
        });
        pools.forEach((pid, pool) -> {
            Findings findings = found.getOrDefault(pid, new Findings());
            pools.forEach((otherPid, other) -> {
                if (!otherPid.equals(pid) && pool.spans().overlaps(other.spans())) {
                    findings.problems.add(overlap(other.name()));
                }
            });
            findings.warnings.addAll(warnings(pool, terms, known));
        });
        List<ConfigCheck.Verdict> verdicts = new ArrayList<>();
        found.forEach(
                (pid, findings) -> verdicts.add(new ConfigCheck.Verdict(pid, findings.problems, findings.warnings)));
        verdicts.sort(Comparator.comparing(ConfigCheck.Verdict::pid));
        return verdicts;
    }

    private static final class Findings {
        private final List<ConfigProblem> problems = new ArrayList<>();
        private final List<ConfigProblem> warnings = new ArrayList<>();
    }

    private static Terms server(@Nullable Map<String, ?> properties, Map<String, Findings> found) {
        if (properties == null) {
            return Terms.DEFAULTS;
        }
        Findings findings = new Findings();
        found.put(SERVER, findings);
        try {
            return ServerConfig.read(properties).terms();
        } catch (ConfigException wrong) {
            findings.problems.addAll(wrong.problems());
            return Terms.DEFAULTS;
        }
    }

    private static void pool(
            String pid,
            Map<String, ?> properties,
            Map<String, String> names,
            Map<String, PoolConfig> pools,
            Map<String, Findings> found) {
        Findings findings = new Findings();
        found.put(pid, findings);
        String name = PoolName.of(pid, properties);
        String other = names.putIfAbsent(name, pid);
        try {
            PoolName.check(name, other != null);
            pools.put(pid, PoolConfig.read(name, properties));
        } catch (ConfigException wrong) {
            findings.problems.addAll(wrong.problems());
        }
    }

    /** That two pools cannot both be in force. */
    static ConfigProblem overlap(String other) {
        return new ConfigProblem("ranges", "overlap those of the pool " + other);
    }

    /** What an operator had better know of a pool that is in order. */
    static List<ConfigProblem> warnings(PoolConfig pool, Terms server, Set<String> teps) {
        List<ConfigProblem> warnings = new ArrayList<>(pool.oddities(server));
        if (!teps.contains(pool.tep())) {
            warnings.add(new ConfigProblem(
                    "tep",
                    "there is no TEP named " + pool.tep() + ", so nothing of this pool is lent until it comes"
                            + (teps.isEmpty()
                                    ? ""
                                    : "; there is "
                                            + String.join(
                                                    ", ", teps.stream().sorted().toList()))));
        }
        return warnings;
    }
}
