package io.dstm.management.internal;

import io.dstm.api.management.Operations.Outcome;

/**
 * What came of an operation.
 *
 * @param result {@code DONE}, {@code NOTHING}, {@code PENDING}, {@code REFUSED} or {@code FAILED}
 * @param sentence the same for people
 * @param before what there was
 * @param after what there is now
 */
public record OutcomeData(String result, String sentence, String before, String after) {

    static OutcomeData of(Outcome outcome) {
        return new OutcomeData(outcome.result().name(), outcome.sentence(), outcome.before(), outcome.after());
    }
}
