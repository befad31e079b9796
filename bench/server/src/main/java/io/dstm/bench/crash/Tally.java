package io.dstm.bench.crash;

import java.util.ArrayList;
import java.util.List;

/** What came of the rounds. */
final class Tally {

    private static final int MOST_SENTENCES = 20;

    int rounds;
    int powerCuts;
    int killsWhileStarting;
    long acknowledged;
    long compared;
    int lost;
    int twice;
    int different;
    final List<String> sentences = new ArrayList<>();

    void lost(String what) {
        lost++;
        note("lost: " + what);
    }

    void twice(String what) {
        twice++;
        note("held twice: " + what);
    }

    void different(String what) {
        different++;
        note("TEP: " + what);
    }

    private void note(String sentence) {
        if (sentences.size() < MOST_SENTENCES) {
            sentences.add("round " + rounds + ": " + sentence);
        }
    }

    boolean isClean() {
        return lost == 0 && twice == 0 && different == 0;
    }

    @Override
    public String toString() {
        return rounds + " kills (" + powerCuts + " of them power cuts, " + killsWhileStarting + " while starting), "
                + acknowledged + " answers with leases or returns, " + compared + " leases looked at after restarts: "
                + lost + " acknowledged leases lost, " + twice + " addresses held twice, "
                + different + " TEP bindings different from the leases"
                + (sentences.isEmpty() ? "" : "\n  " + String.join("\n  ", sentences));
    }
}
