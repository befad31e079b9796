package io.dstm.api.tep;

/**
 * How many packets ended in one outcome.
 *
 * @param name direction-reason-family, such as {@code drop-no-source-binding-ipv6}
 * @param packets since the TEP started
 * @param bytes their length at the IP layer as they arrived, or as they left for outcomes that count what was sent
 */
public record CounterValue(String name, long packets, long bytes) {}
