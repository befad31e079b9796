package io.dstm.client.internal.tunnel;

/**
 * What is known of the path to the TEP.
 *
 * @param mtu longest IPv6 packet in bytes
 * @param endNanos until when that holds on {@link System#nanoTime()}'s clock; then a packet as long as the tunnel is tried again
 */
public record PathEstimate(int mtu, long endNanos) {}
