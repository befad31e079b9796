package io.dstm.dhcpv6.internal.client;

import io.dstm.dhcpv6.internal.codec.Octets;
import java.io.IOException;

/** Where the client's DUID comes from. */
public interface ClientIdentity {

    /**
     * The DUID.
     *
     * @throws IOException if there is none; the message tells an operator what to do
     */
    Octets get() throws IOException;
}
