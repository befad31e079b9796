package io.dstm.shell.internal;

import io.dstm.api.management.Query;
import io.dstm.api.net.Ipv4Prefix;
import org.apache.karaf.shell.api.action.Completion;
import org.apache.karaf.shell.api.action.Option;
import org.jspecify.annotations.Nullable;

/** A command that shows part of a long list. */
abstract class ListCommand extends NodeCommand {

    @Option(name = "--client", description = "Part of the client's identity or of its IPv6 address")
    @Completion(ClientCompleter.class)
    @Nullable
    String client;

    @Option(name = "--address", description = "The IPv4 address, or a prefix such as 192.0.2.0/24")
    @Completion(AddressCompleter.class)
    @Nullable
    String address;

    @Option(name = "--limit", description = "How many to show, up to 10000")
    int limit = 100;

    @Option(name = "--offset", description = "How many to skip")
    int offset;

    /** What the options ask for. */
    Query query() {
        return new Query(client, address == null ? null : Ipv4Prefix.parse(address), offset, limit);
    }
}
