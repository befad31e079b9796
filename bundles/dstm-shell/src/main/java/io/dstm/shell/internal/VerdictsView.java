package io.dstm.shell.internal;

import io.dstm.api.config.ConfigCheck.Verdict;
import io.dstm.api.config.ConfigProblem;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What would be said of configurations. */
record VerdictsView(List<Verdict> verdicts) implements View {

    @Override
    public String text() {
        if (verdicts.isEmpty()) {
            return "There is no configuration file of DSTM.\n";
        }
        StringBuilder text = new StringBuilder();
        for (Verdict verdict : verdicts) {
            text.append(verdict.pid()).append(verdict.accepted() ? ": would be accepted\n" : ": would be refused\n");
            verdict.problems().forEach(problem -> text.append("  ").append(sentence(problem)));
            verdict.warnings().forEach(warning -> text.append("  warning: ").append(sentence(warning)));
        }
        return text.toString().replaceAll("[\\p{Cntrl}&&[^\n]]", "?");
    }

    private static String sentence(ConfigProblem problem) {
        return (problem.key().isEmpty() ? problem.reason() : problem.toString()) + "\n";
    }

    @Override
    public Object json() {
        return Json.object(
                "accepted",
                verdicts.stream().allMatch(Verdict::accepted),
                "verdicts",
                verdicts.stream()
                        .map(verdict -> Json.object(
                                "pid", verdict.pid(),
                                "accepted", verdict.accepted(),
                                "problems", json(verdict.problems()),
                                "warnings", json(verdict.warnings())))
                        .toList());
    }

    static List<Map<String, @Nullable Object>> json(List<ConfigProblem> problems) {
        return problems.stream()
                .map(problem -> Json.object("key", problem.key(), "reason", problem.reason()))
                .toList();
    }
}
