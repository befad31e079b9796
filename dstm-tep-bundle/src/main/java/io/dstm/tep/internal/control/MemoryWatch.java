package io.dstm.tep.internal.control;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells operators that memory for reassembly runs out while there is some left (RFC 6333 section 6.3). Control thread only. */
final class MemoryWatch {

    private static final Logger log = LoggerFactory.getLogger(MemoryWatch.class);

    /** From here on memory is scarce, in thousandths: what comes next may still be kept, but a flood ends that soon. */
    static final int SCARCE = 750;

    /** How long the log is silent after a message. */
    static final long PAUSE_NANOS = TimeUnit.MINUTES.toNanos(10);

    private boolean told;
    private long toldAt;

    /**
     * Looks at how much is taken.
     *
     * @param level in thousandths
     * @return what the status says of it; empty if there is enough
     */
    String look(String tep, int level, long nanos) {
        if (level < SCARCE) {
            return "";
        }
        String words = "reassembly memory is " + level / 10
                + " % full: raise reassembly.memory, or filter who sends fragments";
        if (!told || nanos - toldAt >= PAUSE_NANOS) {
            told = true;
            toldAt = nanos;
            log.warn("DSTM-2012 TEP {}: {}", tep, words);
        }
        return words;
    }
}
