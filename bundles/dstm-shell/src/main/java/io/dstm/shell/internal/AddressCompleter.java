package io.dstm.shell.internal;

import org.apache.karaf.shell.api.action.lifecycle.Service;

/** Completes IPv4 addresses that are lent. */
@Service
public class AddressCompleter extends NodeCompleter {

    /** Made by the shell. */
    public AddressCompleter() {
        super(
                lease -> lease.address().toString(),
                binding -> binding.key().address().toString());
    }
}
