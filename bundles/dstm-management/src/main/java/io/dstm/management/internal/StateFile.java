package io.dstm.management.internal;

import io.dstm.api.management.HealthView;
import io.dstm.api.management.HealthView.Finding;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in a file how the node is, for supervisors that have no password and no HTTP: one word ({@code ready}, {@code not-ready},
 * {@code failing}) and a line for each finding. The file is there only while somebody keeps it true.
 */
final class StateFile {

    private static final Logger log = LoggerFactory.getLogger(StateFile.class);

    private final HealthView health;
    private final Path file;
    private String written = "";
    private boolean complained;

    StateFile(HealthView health, Path file) {
        this.health = health;
        this.file = file;
    }

    /** Brings the file up to date. */
    synchronized void update() {
        String text;
        try {
            text = text(health.findings());
        } catch (RuntimeException goneMeanwhile) {
            // A role that is leaving; the next look is soon.
            log.debug("No state", goneMeanwhile);
            return;
        }
        if (text.equals(written)) {
            return;
        }
        try {
            // Whoever reads it sees the old state or the new one, never a part.
            Path draft = file.resolveSibling(file.getFileName() + ".new");
            Files.writeString(draft, text);
            Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            written = text;
            complained = false;
        } catch (IOException e) {
            if (!complained) {
                complained = true;
                log.warn(
                        "DSTM-8040 The state of this node cannot be written to {}: {}. Make its directory writable.",
                        file,
                        e.toString());
            }
        }
    }

    /** Takes the file away. */
    synchronized void remove() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException leftBehind) {
            log.debug("{} stays", file, leftBehind);
        }
    }

    static String text(List<Finding> findings) {
        StringBuilder text = new StringBuilder(
                HealthView.ready(findings) ? "ready" : HealthView.healthy(findings) ? "not-ready" : "failing");
        for (Finding finding : findings) {
            text.append('\n')
                    .append(finding.severity().word())
                    .append(": ")
                    .append(finding.subject())
                    .append(": ")
                    .append(finding.sentence())
                    .append(' ')
                    .append(finding.advice());
        }
        return text.append('\n').toString();
    }
}
