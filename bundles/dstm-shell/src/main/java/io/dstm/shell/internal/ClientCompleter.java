package io.dstm.shell.internal;

import io.dstm.api.management.Query;
import org.apache.karaf.shell.api.action.lifecycle.Service;

/** Completes clients: identities where the server is, IPv6 addresses where only a TEP is. */
@Service
public class ClientCompleter extends NodeCompleter {

    /** Made by the shell. */
    public ClientCompleter() {
        super(lease -> lease.client().identity(), binding -> binding.tunnelSource()
                .toString());
    }

    @Override
    Query query(String typed) {
        return new Query(typed.isEmpty() ? null : typed, null, 0, MOST);
    }
}
