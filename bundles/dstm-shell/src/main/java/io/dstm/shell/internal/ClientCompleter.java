package io.dstm.shell.internal;

import org.apache.karaf.shell.api.action.lifecycle.Service;

/** Completes clients: identities where the server is, IPv6 addresses where only a TEP is. */
@Service
public class ClientCompleter extends NodeCompleter {

    /** Made by the shell. */
    public ClientCompleter() {
        super(lease -> lease.client().identity(), binding -> binding.tunnelSource()
                .toString());
    }
}
