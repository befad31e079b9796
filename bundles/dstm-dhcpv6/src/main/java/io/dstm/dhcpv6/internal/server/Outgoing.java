package io.dstm.dhcpv6.internal.server;

import io.dstm.api.net.Ipv6Address;

/**
 * A datagram to send.
 *
 * @param octets its payload
 * @param destination who gets it: the source of the datagram it answers
 * @param port the UDP port there
 */
// Handed from the encoder to one socket and never compared: a copy a datagram would buy nothing.
@SuppressWarnings("ArrayRecordComponent")
public record Outgoing(byte[] octets, Ipv6Address destination, int port) {}
