package io.dstm.dhcpv6.internal.client;

import java.util.Optional;

/** What the ways of asking have in common, as {@code io.dstm.dhcpv6.client} says; shared within this bundle. */
public interface ClientConfiguration {

    /** The settings in force; empty until a configuration was good. */
    Optional<ClientSettings> settings();

    /** Who the node is, the same however it asks. */
    ClientIdentity identity();
}
