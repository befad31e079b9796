package io.dstm.api.management;

import java.util.Map;

/** How the messages of a protocol ended, registered as a service by each endpoint of one ({@code docs/counters.md}). */
public interface MessageCounters {

    /** The endpoint, such as {@code dhcpv6-server}. */
    String endpoint();

    /** How many messages ended in each way since the endpoint started, by the name of the counter. */
    Map<String, Long> messageCounters();
}
