package io.dstm.shell.internal;

import io.dstm.api.management.NodeView;
import org.apache.karaf.shell.api.action.Action;
import org.apache.karaf.shell.api.action.Option;
import org.apache.karaf.shell.api.action.lifecycle.Reference;
import org.apache.karaf.shell.support.CommandException;
import org.jspecify.annotations.Nullable;

/** What all {@code dstm} commands have in common: a node to ask and two forms to answer in. */
abstract class NodeCommand implements Action {

    /** The sentence of a node that lends nothing. */
    static final View NO_SERVER = View.sentence(
            "This node has no server: feature:install dstm-server, then configure etc/io.dstm.server.cfg and a pool.");

    /** The sentence of a node that tunnels for nobody. */
    static final View NO_TEP =
            View.sentence("This node has no TEP: feature:install dstm-tep, then configure etc/io.dstm.tep.cfg.");

    @Reference
    NodeView node;

    @Option(name = "--json", description = "Print JSON for programs")
    boolean json;

    /**
     * What to show.
     *
     * @throws IllegalArgumentException if something that was said with the command makes no sense
     */
    abstract View view();

    /** Prints to what the shell has put in place of standard output, so that pipes work. */
    @Override
    public final @Nullable Object execute() throws CommandException {
        View view;
        try {
            view = view();
        } catch (IllegalArgumentException wrong) {
            // The shell prints the sentence; of any other exception it would write the stack to the log.
            throw new CommandException("Error: " + wrong.getMessage(), String.valueOf(wrong.getMessage()), wrong);
        }
        System.out.print(json ? Json.write(view.json()) : view.text());
        System.out.flush();
        return null;
    }
}
