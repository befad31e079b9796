package io.dstm.shell.internal;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:messages}. */
@Service
@Command(
        scope = "dstm",
        name = "messages",
        description = "Shows how the messages of each protocol ended: what was answered, and why others were dropped")
public class MessagesCommand extends NodeCommand {

    @Override
    View view() {
        return new MessagesView(node.messageCounters());
    }
}
