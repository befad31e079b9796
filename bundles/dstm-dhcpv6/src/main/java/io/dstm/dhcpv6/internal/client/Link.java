package io.dstm.dhcpv6.internal.client;

import io.dstm.api.net.Ipv6Address;

/**
 * Where a client asks.
 *
 * @param device the interface's name
 * @param index its index
 * @param source the address to send from, which the server takes for the client's end of the tunnel
 */
public record Link(String device, int index, Ipv6Address source) {}
