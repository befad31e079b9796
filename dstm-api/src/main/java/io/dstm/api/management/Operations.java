package io.dstm.api.management;

import java.time.Duration;
import java.util.concurrent.CompletionStage;

/**
 * What can be done to this node, the same behind every door. Whoever carries an order out first sees that its caller may give it
 * and writes it to the audit log, so no door can forget either.
 */
public interface Operations {

    /**
     * Carries an order out.
     *
     * @param caller who wants it; doors make sure of that
     * @param patience after which the stage completes with {@link Result#PENDING} though the work goes on
     * @return completes normally whatever comes of it
     */
    CompletionStage<Outcome> perform(Caller caller, Order order, Duration patience);

    /** What came of an order. */
    enum Result {
        /** It is done. */
        DONE,
        /** There was nothing to do. */
        NOTHING,
        /** It goes on. */
        PENDING,
        /** The caller may not. */
        FORBIDDEN,
        /** It would be wrong, and nothing was changed. */
        REFUSED,
        /** It did not work. */
        FAILED
    }

    /**
     * What came of an order, for people.
     *
     * @param result in one word
     * @param sentence in one sentence, with what to do if that is not plain
     * @param before what there was; empty where that means nothing
     * @param after what there is now; empty where that means nothing
     */
    record Outcome(Result result, String sentence, String before, String after) {

        /** Nothing was there before or is after. */
        public Outcome(Result result, String sentence) {
            this(result, sentence, "", "");
        }
    }
}
