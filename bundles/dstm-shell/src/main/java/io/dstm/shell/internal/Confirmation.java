package io.dstm.shell.internal;

import java.io.IOException;
import org.apache.karaf.shell.api.console.Session;

/** Asks before something that cuts users off, where somebody can answer; a script has said what it wants. */
final class Confirmation {

    private Confirmation() {}

    /** Whether to go on. */
    static boolean given(Session session, boolean yes, String question) {
        if (yes || session == null || session.getTerminal() == null) {
            return true;
        }
        try {
            String answer = session.readLine(question + " (yes/no): ", null);
            return answer != null && answer.strip().equalsIgnoreCase("yes");
        } catch (IOException gone) {
            return false;
        }
    }
}
