package io.dstm.shell.internal;

import org.apache.karaf.shell.api.action.Command;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** {@code dstm:pools}. */
@Service
@Command(scope = "dstm", name = "pools", description = "Shows the pools of the server and how full they are")
public class PoolsCommand extends NodeCommand {

    @Override
    View view() {
        return node.server().<View>map(server -> new PoolsView(server.pools())).orElse(NO_SERVER);
    }
}
