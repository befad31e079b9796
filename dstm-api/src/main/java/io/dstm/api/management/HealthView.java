package io.dstm.api.management;

import java.util.List;
import java.util.Locale;

/** What is wrong with this node, for whoever has to mend it. */
public interface HealthView {

    /** What is wrong now, the worst first; empty when all is well. */
    List<Finding> findings();

    /** How bad it is. */
    enum Severity {
        /** Users notice nothing yet, but soon may. */
        WARNING,
        /** A role of this node does not do its work yet, and will once what it waits for has come. */
        NOT_READY,
        /** A role of this node does not do its work and somebody has to act. */
        FAILING;

        /** As it is written for people and programs, such as {@code not-ready}. */
        public String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Whether every role that is there works, or will without anybody's help. */
    static boolean healthy(List<Finding> findings) {
        return findings.stream().noneMatch(finding -> finding.severity() == Severity.FAILING);
    }

    /** Whether every role that is there works now, and there is one; implies {@link #healthy}. */
    static boolean ready(List<Finding> findings) {
        return findings.stream().allMatch(finding -> finding.severity() == Severity.WARNING);
    }

    /**
     * Something that is wrong.
     *
     * @param severity how bad it is
     * @param subject what it is about, such as {@code pool east} or {@code TEP tep}
     * @param sentence what is wrong
     * @param advice what to do about it
     */
    record Finding(Severity severity, String subject, String sentence, String advice) {}
}
